"""Models that learn from the stream: clusters and predictions. Pure: no Flink, no Kafka, no clock."""

__all__: list[str] = []
