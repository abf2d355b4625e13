-- For PostgreSQL, once: psql -f flink-conf/edges/postgres-tables.sql livesegments
-- The job writes records as bytes; the views show them as JSON, each change once.
CREATE TABLE segment_changes (user_key text, payload bytea NOT NULL);
CREATE TABLE dead_letters (user_key text, payload bytea NOT NULL);
CREATE TABLE profiles (user_key text PRIMARY KEY, payload bytea NOT NULL);
CREATE TABLE segment_models (user_key text PRIMARY KEY, payload bytea NOT NULL);

CREATE VIEW changes AS
SELECT DISTINCT ON (record ->> 'id')
  record ->> 'id' AS id,
  record ->> 'subject' AS user_id,
  (record ->> 'time')::timestamptz AS time,
  (record -> 'data' ->> 'sequence')::bigint AS sequence,
  record -> 'data' ->> 'segment' AS segment,
  record -> 'data' ->> 'change' AS change,
  record
FROM (SELECT convert_from(payload, 'UTF8')::jsonb AS record FROM segment_changes) AS records
ORDER BY record ->> 'id';

CREATE VIEW profile_documents AS
SELECT user_key AS user_id, convert_from(payload, 'UTF8')::jsonb AS document FROM profiles;

CREATE VIEW bad_events AS
SELECT convert_from(payload, 'UTF8')::jsonb AS letter FROM dead_letters;
