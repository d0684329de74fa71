SELECT 1 WHERE (SELECT coalesce(sum(trades), 0) FROM {{ ref('bars_1m') }}) <> (SELECT count(*) FROM {{ ref('trades') }})
