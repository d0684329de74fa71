-- The lake as it came, every column as text, with the file that each row is from.
SELECT CAST(COLUMNS(*) AS VARCHAR)
FROM read_parquet('{{ env_var("VENUEWIRE_LAKE") }}/event/*/*/*.parquet', hive_partitioning = true, union_by_name = true, filename = true)
