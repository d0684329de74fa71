{{ config(materialized='ephemeral') }}
-- Each text as what it should be, and why it is not.
SELECT
  filename AS lineage_file, "source" AS lineage_source, "date" AS lineage_date,
  channel, epoch, TRY_CAST("number" AS UBIGINT) AS "number", TRY_CAST(part AS UINTEGER) AS part,
  kind, action, side, instrument,
  TRY_CAST("receiveTime" AS TIMESTAMPTZ) AS receive_time,
  TRY_CAST(price AS BIGINT) AS price, TRY_CAST("priceExponent" AS TINYINT) AS price_exponent,
  TRY_CAST(size AS BIGINT) AS size, TRY_CAST("sizeExponent" AS TINYINT) AS size_exponent,
  TRY_CAST("orderId" AS UBIGINT) AS order_id,
  CASE
    WHEN TRY_CAST("number" AS UBIGINT) IS NULL THEN 'number is no sequence number'
    WHEN TRY_CAST(part AS UINTEGER) IS NULL THEN 'part is no number'
    WHEN kind IS NULL THEN 'kind is missing'
    WHEN TRY_CAST("receiveTime" AS TIMESTAMPTZ) IS NULL THEN 'receiveTime is no instant'
    WHEN price IS NOT NULL AND TRY_CAST(price AS BIGINT) IS NULL THEN 'price is no integer'
    WHEN size IS NOT NULL AND TRY_CAST(size AS BIGINT) IS NULL THEN 'size is no integer'
    WHEN price IS NOT NULL AND TRY_CAST("priceExponent" AS TINYINT) IS NULL THEN 'price has no exponent'
  END AS reason
FROM {{ ref('bronze_event') }}
