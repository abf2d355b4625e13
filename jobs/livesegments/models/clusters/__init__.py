"""Clusters: unsupervised groups of users that learn from the stream and keep their identity.

Pure: vectors with event times in, versioned models out. Nothing here knows Flink, Kafka or the clock.
"""

__all__: list[str] = []  # names are imported from their modules: those that learn load River, for seconds
