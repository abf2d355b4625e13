"""Kafka tools: make topics, send events, follow changes. The job itself reaches Kafka through DDL, not through here."""

from livesegments.kafka.settings import VARIABLES, KafkaSettings, read_settings
from livesegments.kafka.topics import TOPICS, Topic

__all__ = ["TOPICS", "VARIABLES", "KafkaSettings", "Topic", "read_settings"]
