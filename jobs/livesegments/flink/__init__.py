"""The Flink job: edges by DDL, batches made in the JVM, the step on keyed state, rows routed by SQL."""
