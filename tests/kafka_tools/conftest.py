"""Loads kafka-python before the tests do: it warns of itself meanwhile, and `brokers` passes that over."""

import brokers  # noqa: F401
