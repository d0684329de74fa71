-- A position of a source is there once.
SELECT lineage_source, channel, epoch, "number", part FROM {{ ref('silver_event') }} GROUP BY ALL HAVING count(*) > 1
