-- Rows of the category schema: each value with its dtype, unit and state.
SELECT * EXCLUDE (reason),
  'i64' AS price_dtype, 'raw * 10^price_exponent' AS price_unit, IF(price IS NULL, 'absent', 'present') AS price_state,
  'i64' AS size_dtype, 'raw * 10^size_exponent' AS size_unit, IF(size IS NULL, 'absent', 'present') AS size_state
FROM {{ ref('silver_cast') }}
WHERE reason IS NULL
