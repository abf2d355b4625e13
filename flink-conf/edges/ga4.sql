-- Google Analytics 4: the BigQuery export as JSON, one event per line; results to folders of JSON lines.
--   bq extract --destination_format NEWLINE_DELIMITED_JSON 'PROJECT:analytics_123.events_20240301' 'gs://BUCKET/*.json'
--   livesegments run --edges flink-conf/edges/ga4.sql --events FOLDER --out DIR
-- `user_pseudo_id` is the visitor, `user_id`, where the site sets it, the user. Parameters stand in the list
-- `event_params` as {"key", "value": {"string_value" | "int_value" | "float_value" | "double_value"}}: add yours below.
CREATE TABLE ga4 (line STRING)
WITH ('connector' = 'filesystem', 'path' = '${EVENTS}', 'format' = 'raw');

CREATE VIEW ga4_events AS
SELECT
  line,
  JSON_VALUE(line, '$.event_name') AS event_name,
  JSON_VALUE(line, '$.user_id') AS user_id,
  JSON_VALUE(line, '$.user_pseudo_id') AS visitor,
  CAST(JSON_VALUE(line, '$.event_timestamp') AS BIGINT) AS time_us,
  JSON_VALUE(JSON_QUERY(line, '$.event_params[?(@.key=="page_location")].value.string_value'), '$[0]') AS page_location,
  JSON_VALUE(JSON_QUERY(line, '$.event_params[?(@.key=="page_title")].value.string_value'), '$[0]') AS page_title,
  JSON_VALUE(JSON_QUERY(line, '$.event_params[?(@.key=="currency")].value.string_value'), '$[0]') AS currency,
  JSON_VALUE(JSON_QUERY(line, '$.event_params[?(@.key=="ga_session_id")].value.int_value'), '$[0]') AS session_id,
  CAST(JSON_VALUE(line, '$.ecommerce.purchase_revenue') AS DOUBLE) AS revenue,
  JSON_VALUE(line, '$.ecommerce.transaction_id') AS order_id,
  -- item_id, item_name ... are product_id, name ... to us; quotes inside a text are escaped, so only names are met
  REGEXP_REPLACE(REGEXP_REPLACE(JSON_QUERY(line, '$.items'), '"item_id":', '"product_id":'),
    '"item_(?=(name|brand|category|variant)":)', '"') AS products
FROM ga4;

CREATE VIEW events AS
SELECT CAST(JSON_OBJECT(
  KEY 'type' VALUE IF(event_name = 'page_view', 'page', 'track'),
  KEY 'event' VALUE CASE event_name
    WHEN 'purchase' THEN 'Order Completed'
    WHEN 'refund' THEN 'Order Refunded'
    WHEN 'view_item' THEN 'Product Viewed'
    WHEN 'select_item' THEN 'Product Clicked'
    WHEN 'view_item_list' THEN 'Product List Viewed'
    WHEN 'add_to_cart' THEN 'Product Added'
    WHEN 'remove_from_cart' THEN 'Product Removed'
    WHEN 'view_cart' THEN 'Cart Viewed'
    WHEN 'begin_checkout' THEN 'Checkout Started'
    ELSE event_name END,
  KEY 'messageId' VALUE MD5(line),
  KEY 'userId' VALUE user_id,
  KEY 'anonymousId' VALUE visitor,
  KEY 'timestamp' VALUE
    DATE_FORMAT(CAST(TO_TIMESTAMP_LTZ(time_us / 1000, 3) AS TIMESTAMP(3)), 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''),
  KEY 'context' VALUE JSON_OBJECT(
    KEY 'device' VALUE JSON_OBJECT(KEY 'type' VALUE JSON_VALUE(line, '$.device.category')),
    KEY 'location' VALUE JSON_OBJECT(
      KEY 'city' VALUE JSON_VALUE(line, '$.geo.city'), KEY 'country' VALUE JSON_VALUE(line, '$.geo.country'))
  ),
  KEY 'properties' VALUE JSON_OBJECT(
    KEY 'url' VALUE page_location,
    KEY 'title' VALUE page_title,
    KEY 'session_id' VALUE session_id,
    KEY 'currency' VALUE currency,
    KEY 'order_id' VALUE order_id,
    KEY 'revenue' VALUE revenue,
    KEY 'products' VALUE JSON(products)
    ABSENT ON NULL
  )
) AS BYTES) AS payload
FROM ga4_events;

CREATE TABLE segment_changes (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'raw');

CREATE TABLE profiles (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'raw');

CREATE TABLE dead_letters (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'raw');

CREATE TABLE segment_models (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'raw');
