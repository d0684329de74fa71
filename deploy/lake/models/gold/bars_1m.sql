SELECT source, instrument, time_bucket(INTERVAL 1 MINUTE, receive_time) AS minute,
  arg_min(price, (epoch, "number", part)) AS open, max(price) AS high, min(price) AS low,
  arg_max(price, (epoch, "number", part)) AS close, sum(size) AS volume, count(*) AS trades
FROM {{ ref('trades') }}
GROUP BY ALL
