-- Between Kafka topics. The event time is the payload's `timestamp`; where producers set the record's timestamp to it,
-- use kafka-record-time.sql. Every ${NAME} comes from the environment or from --set NAME=...
-- `livesegments topics create` makes the topics. Connector: flink-sql-connector-kafka 5.0.0-2.2.

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

-- Without kept state the job reads from the beginning: profiles are made of events, and ids then come out the same.
CREATE TABLE events (
  user_key STRING,
  source_topic STRING METADATA FROM 'topic' VIRTUAL,
  source_partition INT METADATA FROM 'partition' VIRTUAL,
  source_offset BIGINT METADATA FROM 'offset' VIRTUAL
)
WITH (
  'topic' = '${EVENTS_TOPIC:-events.v1}',
  'key.fields' = 'user_key',
  'properties.group.id' = '${KAFKA_GROUP:-livesegments}',
  'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = '${STARTUP_MODE:-earliest-offset}',
  'scan.bounded.mode' = '${BOUNDED_MODE:-}'  -- latest-offset for `convert`, which reads to an end; a job has none
)
LIKE kafka (EXCLUDING ALL INCLUDING OPTIONS);

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
