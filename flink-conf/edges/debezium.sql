-- Orders out of a database: Debezium's changes of a table on Kafka become events; results to Kafka topics.
--   livesegments run --edges flink-conf/edges/debezium.sql --set CHANGES_OF_ORDERS=...
-- With --set BOUNDED=latest-offset it ends at what is there now; so does `livesegments convert --edges`.
-- A row that appears (`c`, or `r` in the first snapshot) is an order; changes and deletes of rows are passed over, as an
-- event is what happened, not what is stored. With and without the envelope of JSON schemas. Put your columns below.

-- What all topics share: how to reach the broker, and raw keys and values. No rows go here.
CREATE TABLE kafka (payload BYTES)
WITH (
  'connector' = 'kafka',
  'properties.bootstrap.servers' = '${KAFKA_BOOTSTRAP:-localhost:9092}',
  -- PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; an option that is empty is left out.
  'properties.security.protocol' = '${KAFKA_SECURITY_PROTOCOL:-PLAINTEXT}',
  'properties.sasl.mechanism' = '${KAFKA_SASL_MECHANISM:-}',
  'properties.sasl.jaas.config' = '${KAFKA_SASL_JAAS_CONFIG:-}',
  'properties.ssl.truststore.type' = '${KAFKA_TRUSTSTORE_TYPE:-}',
  'properties.ssl.truststore.location' = '${KAFKA_TRUSTSTORE:-}',
  'properties.ssl.truststore.password' = '${KAFKA_TRUSTSTORE_PASSWORD:-}',
  'properties.ssl.keystore.type' = '${KAFKA_KEYSTORE_TYPE:-}',
  'properties.ssl.keystore.location' = '${KAFKA_KEYSTORE:-}',
  'properties.ssl.keystore.password' = '${KAFKA_KEYSTORE_PASSWORD:-}',
  -- So long the job waits for brokers that are away: nearly as long as they keep an open transaction (15 minutes). With Kafka's own
  -- limits, 1 and 2 minutes, it would fail.
  'properties.max.block.ms' = '${KAFKA_WAIT_MS:-720000}',
  'properties.delivery.timeout.ms' = '${KAFKA_WAIT_MS:-720000}',
  'properties.default.api.timeout.ms' = '${KAFKA_WAIT_MS:-720000}',
  'key.format' = 'raw',
  'value.format' = 'raw',
  'value.fields-include' = 'EXCEPT_KEY'
);

CREATE TABLE changed_orders (
  row_key BYTES,
  source_topic STRING METADATA FROM 'topic' VIRTUAL,
  source_partition INT METADATA FROM 'partition' VIRTUAL,
  source_offset BIGINT METADATA FROM 'offset' VIRTUAL
)
WITH (
  'topic' = '${CHANGES_OF_ORDERS}',
  'properties.group.id' = '${KAFKA_GROUP:-livesegments}',
  'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = '${STARTUP_MODE:-earliest-offset}',
  'scan.bounded.mode' = '${BOUNDED:-unbounded}',
  'key.fields' = 'row_key'
)
LIKE kafka (EXCLUDING ALL INCLUDING OPTIONS);

CREATE VIEW order_changes AS
SELECT COALESCE(JSON_QUERY(text, '$.payload'), text) AS change, source_topic, source_partition, source_offset
FROM (SELECT CAST(payload AS STRING) AS text, source_topic, source_partition, source_offset FROM changed_orders);

CREATE VIEW events AS
SELECT
  CAST(JSON_OBJECT(
    KEY 'type' VALUE 'track',
    KEY 'event' VALUE 'Order Completed',
    KEY 'messageId' VALUE CONCAT('order-', JSON_VALUE(change, '$.after.id')),
    KEY 'userId' VALUE JSON_VALUE(change, '$.after.customer_id'),
    -- created_at is milliseconds, as Debezium writes a TIMESTAMP(3)
    KEY 'timestamp' VALUE DATE_FORMAT(
      CAST(TO_TIMESTAMP_LTZ(CAST(JSON_VALUE(change, '$.after.created_at') AS BIGINT), 3) AS TIMESTAMP(3)),
      'yyyy-MM-dd''T''HH:mm:ss.SSS''Z'''),
    KEY 'properties' VALUE JSON_OBJECT(
      KEY 'order_id' VALUE JSON_VALUE(change, '$.after.id'),
      KEY 'revenue' VALUE TRY_CAST(JSON_VALUE(change, '$.after.total') AS DOUBLE),
      KEY 'currency' VALUE JSON_VALUE(change, '$.after.currency')
    )
  ) AS BYTES) AS payload,
  source_topic, source_partition, source_offset
FROM order_changes
WHERE JSON_VALUE(change, '$.op') IN ('c', 'r');

-- DELIVERY_GUARANTEE: exactly-once, visible to read_committed consumers with each checkpoint; or at-least-once, visible
-- in milliseconds, where consumers drop duplicates by `id`.
CREATE TABLE segment_changes (user_key STRING)
WITH (
  'topic' = '${CHANGES_TOPIC:-segment-changes.v1}',
  'key.fields' = 'user_key',
  'sink.delivery-guarantee' = '${DELIVERY_GUARANTEE:-exactly-once}',
  'sink.transactional-id-prefix' = '${KAFKA_GROUP:-livesegments}-segment-changes',
  'sink.transaction-naming-strategy' = 'POOLING',
  'properties.transaction.timeout.ms' = '${KAFKA_TRANSACTION_TIMEOUT_MS:-900000}'
)
LIKE kafka (EXCLUDING ALL INCLUDING OPTIONS);

CREATE TABLE dead_letters (user_key STRING)
WITH (
  'topic' = '${DEAD_LETTERS_TOPIC:-events.dead-letter.v1}',
  'key.fields' = 'user_key',
  'sink.delivery-guarantee' = '${DELIVERY_GUARANTEE:-exactly-once}',
  'sink.transactional-id-prefix' = '${KAFKA_GROUP:-livesegments}-dead-letters',
  'properties.max.request.size' = '8388608',  -- a dead letter carries the whole event, escaped
  'sink.transaction-naming-strategy' = 'POOLING',
  'properties.transaction.timeout.ms' = '${KAFKA_TRANSACTION_TIMEOUT_MS:-900000}'
)
LIKE kafka (EXCLUDING ALL INCLUDING OPTIONS);

-- Compacted: the last row of each key counts, and a delete is a tombstone.
CREATE TABLE profiles (user_key STRING, PRIMARY KEY (user_key) NOT ENFORCED)
WITH (
  'connector' = 'upsert-kafka',
  'topic' = '${PROFILES_TOPIC:-profiles.v1}',
  'sink.delivery-guarantee' = '${DELIVERY_GUARANTEE:-exactly-once}',
  'sink.transactional-id-prefix' = '${KAFKA_GROUP:-livesegments}-profiles',
  'sink.transaction-naming-strategy' = 'POOLING',
  'properties.transaction.timeout.ms' = '${KAFKA_TRANSACTION_TIMEOUT_MS:-900000}'
)
LIKE kafka (EXCLUDING ALL OVERWRITING OPTIONS);

CREATE TABLE segment_models (user_key STRING, PRIMARY KEY (user_key) NOT ENFORCED)
WITH (
  'connector' = 'upsert-kafka',
  'topic' = '${MODELS_TOPIC:-segment-models.v1}',
  'sink.delivery-guarantee' = '${DELIVERY_GUARANTEE:-exactly-once}',
  'sink.transactional-id-prefix' = '${KAFKA_GROUP:-livesegments}-segment-models',
  'sink.transaction-naming-strategy' = 'POOLING',
  'properties.transaction.timeout.ms' = '${KAFKA_TRANSACTION_TIMEOUT_MS:-900000}'
)
LIKE kafka (EXCLUDING ALL OVERWRITING OPTIONS);
