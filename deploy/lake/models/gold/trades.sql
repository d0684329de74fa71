SELECT lineage_source AS source, instrument, receive_time, channel, epoch, "number", part,
  CAST(price || 'e' || price_exponent AS DECIMAL(38, 9)) AS price,
  CAST(size || 'e' || size_exponent AS DECIMAL(38, 9)) AS size,
  side
FROM {{ ref('silver_event') }}
WHERE kind = 'trade' AND price IS NOT NULL AND size IS NOT NULL
