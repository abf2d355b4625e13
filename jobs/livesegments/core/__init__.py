"""The pure core: events, features, conditions, segments and the step; no Flink, no Kafka, no clock."""
