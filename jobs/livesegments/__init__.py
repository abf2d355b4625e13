"""livesegments: live customer profiles and segments as a stream job on Apache Flink."""

__version__ = "0.1.0"
