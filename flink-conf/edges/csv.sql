-- A shop's log as CSV with columns of its own, from a file or a folder; results to folders of JSON lines.
--   livesegments run --edges flink-conf/edges/csv.sql --events LOG.csv --out DIR
-- Copy this file, and make the columns, the separator and the names yours. All columns are STRING, so that no row
-- fails; what is no number or time becomes null, and the event then a dead letter that says which field was wanted.
CREATE TABLE log (
  `time` STRING,       -- 2024-03-01 10:00:00, in UTC
  customer STRING,
  action STRING,
  order_number STRING,
  article STRING,
  category STRING,
  price STRING,
  amount STRING
)
WITH (
  'connector' = 'filesystem',
  'path' = '${EVENTS}',
  'format' = 'csv',
  'csv.field-delimiter' = '${CSV_SEPARATOR:-;}',
  'csv.ignore-parse-errors' = 'true'
);

CREATE VIEW events AS
SELECT CAST(JSON_OBJECT(
  KEY 'type' VALUE 'track',
  KEY 'event' VALUE CASE action WHEN 'buy' THEN 'Order Completed' WHEN 'look' THEN 'Product Viewed' ELSE action END,
  KEY 'messageId' VALUE CONCAT_WS('-', customer, `time`, action, article),  -- the same row again is a duplicate
  KEY 'userId' VALUE customer,
  KEY 'timestamp' VALUE DATE_FORMAT(TRY_CAST(`time` AS TIMESTAMP(3)), 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''),
  KEY 'properties' VALUE JSON_OBJECT(
    KEY 'order_id' VALUE order_number,
    KEY 'product_id' VALUE article,
    KEY 'category' VALUE category,
    KEY 'price' VALUE TRY_CAST(price AS DOUBLE),
    KEY 'revenue' VALUE TRY_CAST(price AS DOUBLE) * TRY_CAST(amount AS DOUBLE),
    KEY 'quantity' VALUE TRY_CAST(amount AS DOUBLE)
  )
) AS BYTES) AS payload
FROM log
WHERE customer <> 'customer';  -- the header

CREATE TABLE segment_changes (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'raw');

CREATE TABLE profiles (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'raw');

CREATE TABLE dead_letters (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'raw');

CREATE TABLE segment_models (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'raw');
