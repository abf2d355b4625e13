-- Into a warehouse: events from Kafka; profiles upserted, changes and dead letters appended in PostgreSQL.
-- postgres-tables.sql makes the tables there, and views of them with JSON columns.
-- Connector: flink-connector-jdbc 4.0.0-2.0 (core and postgres) with the PostgreSQL driver. It writes at least once:
-- after a failure a change may be there twice, with the same id; the view `changes` shows each once.
-- Every ${NAME} comes from the environment or from --set NAME=...

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
  -- So long the job waits for brokers that are away; with Kafka's own limit, 1 minute, it would fail.
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
  'scan.startup.mode' = '${STARTUP_MODE:-earliest-offset}'
)
LIKE kafka (EXCLUDING ALL INCLUDING OPTIONS);

-- What all tables share: how to reach the database; user and password both, or neither. No rows go here.
CREATE TABLE postgres (payload BYTES)
WITH (
  'connector' = 'jdbc',
  'url' = '${POSTGRES_URL:-jdbc:postgresql://localhost:5432/livesegments}',
  'username' = '${POSTGRES_USER:-}',
  'password' = '${POSTGRES_PASSWORD:-}',
  'sink.buffer-flush.interval' = '1s',
  'sink.buffer-flush.max-rows' = '1000',
  'sink.max-retries' = '10'
);

CREATE TABLE segment_changes (user_key STRING)
WITH ('table-name' = 'segment_changes')
LIKE postgres (EXCLUDING ALL INCLUDING OPTIONS);

CREATE TABLE dead_letters (user_key STRING)
WITH ('table-name' = 'dead_letters')
LIKE postgres (EXCLUDING ALL INCLUDING OPTIONS);

CREATE TABLE profiles (user_key STRING, PRIMARY KEY (user_key) NOT ENFORCED)
WITH ('table-name' = 'profiles')
LIKE postgres (EXCLUDING ALL INCLUDING OPTIONS);

CREATE TABLE segment_models (user_key STRING, PRIMARY KEY (user_key) NOT ENFORCED)
WITH ('table-name' = 'segment_models')
LIKE postgres (EXCLUDING ALL INCLUDING OPTIONS);
