-- What is bronze is silver or refused.
SELECT 1 WHERE (SELECT count(*) FROM {{ ref('bronze_event') }})
  <> (SELECT count(*) FROM {{ ref('silver_event') }}) + (SELECT count(*) FROM {{ ref('silver_event_refused') }})
