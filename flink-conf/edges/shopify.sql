-- Shopify's webhook `orders/create` (or `orders/paid`): each body one line; results to folders of JSON lines.
--   livesegments run --edges flink-conf/edges/shopify.sql --events FOLDER --out DIR
-- The customer's id is the user; an order without a customer is a dead letter `missing_user`. Amounts come as texts.
CREATE TABLE shopify (line STRING)
WITH ('connector' = 'filesystem', 'path' = '${EVENTS}', 'format' = 'raw');

CREATE VIEW events AS
SELECT CAST(JSON_OBJECT(
  KEY 'type' VALUE 'track',
  KEY 'event' VALUE IF(JSON_VALUE(line, '$.cancelled_at') IS NULL, 'Order Completed', 'Order Cancelled'),
  KEY 'messageId' VALUE CONCAT('shopify-', JSON_VALUE(line, '$.id'), '-', JSON_VALUE(line, '$.updated_at')),
  KEY 'userId' VALUE JSON_VALUE(line, '$.customer.id'),
  KEY 'timestamp' VALUE COALESCE(JSON_VALUE(line, '$.cancelled_at'), JSON_VALUE(line, '$.created_at')),
  KEY 'context' VALUE JSON_OBJECT(
    KEY 'ip' VALUE JSON_VALUE(line, '$.browser_ip'), KEY 'locale' VALUE JSON_VALUE(line, '$.customer_locale')),
  KEY 'properties' VALUE JSON_OBJECT(
    KEY 'order_id' VALUE JSON_VALUE(line, '$.id'),
    KEY 'order_name' VALUE JSON_VALUE(line, '$.name'),
    KEY 'total' VALUE TRY_CAST(JSON_VALUE(line, '$.total_price') AS DOUBLE),
    KEY 'revenue' VALUE TRY_CAST(JSON_VALUE(line, '$.subtotal_price') AS DOUBLE),
    KEY 'tax' VALUE TRY_CAST(JSON_VALUE(line, '$.total_tax') AS DOUBLE),
    KEY 'discount' VALUE TRY_CAST(JSON_VALUE(line, '$.total_discounts') AS DOUBLE),
    KEY 'currency' VALUE JSON_VALUE(line, '$.currency'),
    KEY 'coupon' VALUE JSON_VALUE(line, '$.discount_codes[0].code'),
    KEY 'country' VALUE JSON_VALUE(line, '$.shipping_address.country_code'),
    -- `vendor` and `title` are `brand` and `name` to us; prices of items are texts, which are read as numbers
    KEY 'products' VALUE JSON(REGEXP_REPLACE(REGEXP_REPLACE(
      JSON_QUERY(line, '$.line_items'), '"vendor":', '"brand":'), '"title":', '"name":'))
    ABSENT ON NULL
  )
) AS BYTES) AS payload
FROM shopify;

CREATE TABLE segment_changes (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'raw');

CREATE TABLE profiles (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'raw');

CREATE TABLE dead_letters (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'raw');

CREATE TABLE segment_models (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'raw');
