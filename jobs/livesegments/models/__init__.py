"""Models that learn from the stream: clusters and predictions. Pure: no Flink, no Kafka, no clock."""

import os

__all__: list[str] = []

# Matrices are tiny here: with more than one thread OpenBLAS, which reads this when it is loaded, more than doubled the
# CPU that learning takes, all of it waiting.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
