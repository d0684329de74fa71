-- What does not qualify, with the reason and where it is from.
SELECT lineage_file, lineage_source, lineage_date, channel, epoch, "number", part, kind, instrument, reason
FROM {{ ref('silver_cast') }}
WHERE reason IS NOT NULL
