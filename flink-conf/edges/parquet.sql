-- Events from a file of JSON lines; everything else to folders of Parquet files, for a data lake.
--   livesegments run --edges flink-conf/edges/parquet.sql --events PATH --out DIR
-- Format: flink-sql-parquet 2.3.0, which needs Hadoop's client classes (hadoop-client-api and -runtime 3.3.6).
CREATE TABLE events (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${EVENTS}', 'format' = 'raw');

CREATE TABLE segment_changes (user_key STRING, payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'parquet');

CREATE TABLE profiles (user_key STRING, payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'parquet');

CREATE TABLE dead_letters (user_key STRING, payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'parquet');

CREATE TABLE segment_models (user_key STRING, payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'parquet');
