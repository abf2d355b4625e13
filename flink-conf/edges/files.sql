-- The embedded default: events from one file of JSON lines, everything else to folders of JSON lines.
-- `livesegments run --events PATH --out DIR` fills in EVENTS and OUT.
CREATE TABLE events (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${EVENTS}', 'format' = 'raw');

CREATE TABLE segment_changes (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-changes', 'format' = 'raw');

CREATE TABLE profiles (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/profiles', 'format' = 'raw');

CREATE TABLE dead_letters (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/dead-letters', 'format' = 'raw');

CREATE TABLE segment_models (payload BYTES)
WITH ('connector' = 'filesystem', 'path' = '${OUT}/segment-models', 'format' = 'raw');
