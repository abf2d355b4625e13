"""Models that a job is given to begin with: from files, or from the topic that an earlier job wrote."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError

__all__ = ["FROM_TOPIC", "given_models"]

FROM_TOPIC = Path("topic")
"""What `--models` says to begin with the models in Kafka."""


def given_models(path: Path | None, settings: Mapping[str, str]) -> tuple[bytes, ...] | None:
    """Read the records of segment_models to begin with, from files, or for `topic` from the models topic of Kafka.

    Kafka is reached as the tools reach it, by environment variables or `--set`. Raises EdgeError for what are none.
    """
    if path is None:
        return None
    if path == FROM_TOPIC:
        return _stored_models({**os.environ, **settings})
    from livesegments.models.files import read_models  # loads numpy

    return tuple(read_models(path).records())


def _stored_models(variables: Mapping[str, str]) -> tuple[bytes, ...]:
    from livesegments.kafka.settings import read_settings  # Kafka only where it is asked for
    from livesegments.kafka.stored import stored_values
    from livesegments.kafka.topics import MODELS
    from livesegments.models.book import ModelBook

    kafka = read_settings(variables)
    topic = kafka.topic(MODELS)
    book = ModelBook()
    for record in stored_values(kafka, topic):
        try:
            book.add(record)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EdgeError(f"--models topic: required records of segment_models in {topic}, found: {error}") from None
    if not book.records():
        raise EdgeError(f"--models topic: required at least one model in {topic}, found none")
    return tuple(book.records())
