-- Snowplow's enriched events as JSON (what its SDKs make of the TSV), one per line; results to folders of JSON lines.
--   livesegments run --edges flink-conf/edges/snowplow.sql --events FOLDER --out DIR
-- `user_id`, where the site sets it, is the user, else the `domain_userid` of the cookie is the visitor. Self-describing
-- events carry their data in a field of their own, `unstruct_event_VENDOR_NAME_1`: the example below is a purchase by
-- `com_acme.purchase`; put yours in its place.
CREATE TABLE snowplow (line STRING)
WITH ('connector' = 'filesystem', 'path' = '${EVENTS}', 'format' = 'raw');

CREATE VIEW snowplow_events AS
SELECT
  line,
  JSON_VALUE(line, '$.event') AS kind,
  COALESCE(JSON_VALUE(line, '$.event_name'), JSON_VALUE(line, '$.se_action')) AS name,
  JSON_QUERY(line, '$.unstruct_event_com_acme_purchase_1') AS purchase
FROM snowplow;

CREATE VIEW events AS
SELECT CAST(JSON_OBJECT(
  KEY 'type' VALUE CASE kind WHEN 'page_view' THEN 'page' ELSE 'track' END,
  KEY 'event' VALUE CASE
    WHEN kind = 'transaction' OR purchase IS NOT NULL THEN 'Order Completed'
    WHEN kind = 'struct' THEN JSON_VALUE(line, '$.se_action')
    ELSE name END,
  KEY 'messageId' VALUE JSON_VALUE(line, '$.event_id'),
  KEY 'userId' VALUE JSON_VALUE(line, '$.user_id'),
  KEY 'anonymousId' VALUE JSON_VALUE(line, '$.domain_userid'),
  KEY 'timestamp' VALUE COALESCE(JSON_VALUE(line, '$.derived_tstamp'), JSON_VALUE(line, '$.collector_tstamp')),
  KEY 'context' VALUE JSON_OBJECT(
    KEY 'locale' VALUE JSON_VALUE(line, '$.br_lang'),
    KEY 'timezone' VALUE JSON_VALUE(line, '$.os_timezone'),
    KEY 'location' VALUE JSON_OBJECT(
      KEY 'city' VALUE JSON_VALUE(line, '$.geo_city'), KEY 'country' VALUE JSON_VALUE(line, '$.geo_country')),
    KEY 'device' VALUE JSON_OBJECT(KEY 'type' VALUE LOWER(JSON_VALUE(line, '$.dvce_type')))
  ),
  KEY 'properties' VALUE JSON_OBJECT(
    KEY 'url' VALUE JSON_VALUE(line, '$.page_url'),
    KEY 'title' VALUE JSON_VALUE(line, '$.page_title'),
    KEY 'category' VALUE JSON_VALUE(line, '$.se_category'),
    KEY 'label' VALUE JSON_VALUE(line, '$.se_label'),
    KEY 'value' VALUE TRY_CAST(JSON_VALUE(line, '$.se_value') AS DOUBLE),
    KEY 'order_id' VALUE COALESCE(JSON_VALUE(line, '$.tr_orderid'), JSON_VALUE(purchase, '$.order_id')),
    KEY 'revenue' VALUE
      TRY_CAST(COALESCE(JSON_VALUE(line, '$.tr_total'), JSON_VALUE(purchase, '$.revenue')) AS DOUBLE),
    KEY 'currency' VALUE COALESCE(JSON_VALUE(line, '$.tr_currency'), JSON_VALUE(purchase, '$.currency')),
    KEY 'products' VALUE JSON(JSON_QUERY(purchase, '$.products'))
    ABSENT ON NULL
  )
) AS BYTES) AS payload
FROM snowplow_events;

CREATE TABLE segment_changes (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'raw');

CREATE TABLE profiles (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'raw');

CREATE TABLE dead_letters (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'raw');

CREATE TABLE segment_models (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'raw');
