"""Relays: small processes at the edges that bring events from Kinesis into Kafka, and changes to a URL."""

from livesegments.relay.records import KinesisPosition, Undelivered

__all__ = ["KinesisPosition", "Undelivered"]
