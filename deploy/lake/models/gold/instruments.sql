SELECT lineage_source AS source, instrument, min(receive_time) AS first_seen, max(receive_time) AS last_seen,
  count(*) AS events, count(*) FILTER (kind = 'trade') AS trades
FROM {{ ref('silver_event') }}
WHERE instrument IS NOT NULL
GROUP BY ALL
