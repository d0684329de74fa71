SELECT source, instrument, CAST(receive_time AS DATE) AS day, count(*) AS trades, sum(size) AS volume,
  sum(CAST(price AS DOUBLE) * CAST(size AS DOUBLE)) / nullif(CAST(sum(size) AS DOUBLE), 0) AS vwap, min(price) AS low, max(price) AS high
FROM {{ ref('trades') }}
GROUP BY ALL
