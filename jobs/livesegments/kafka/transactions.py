"""Records written all or none: transactions of one writer, which its successor of the same name shuts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.kafka.clients import ANSWER_MS_MAX, TRANSACTION_MS_MAX, open_transactional_producer, told
from livesegments.kafka.settings import KafkaSettings

__all__ = ["Outgoing", "Transactions", "open_transactions"]

BYTES_MAX = 9_000_000  # what a producer takes; the topics have limits of their own


class Outgoing(msgspec.Struct, frozen=True):
    """One record to be written."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None


class Transactions:
    """Writes batches of records, each in a transaction of its own."""

    def __init__(self, settings: KafkaSettings, name: str, producer: Any) -> None:
        self._settings = settings
        self._name = name
        self._producer = producer

    def write(self, records: Iterable[Outgoing]) -> None:
        """Write all records or none, and return when they are committed.

        After an error the writer is not to be used again; what became of the transaction is known to the broker
        alone, and to who reads the topics once a successor has been opened. Raises EdgeError.
        """
        from kafka.errors import KafkaError

        try:
            self._producer.begin_transaction()
            sent = [
                self._producer.send(each.topic, value=each.value, key=each.key, timestamp_ms=each.timestamp_ms)
                for each in records
            ]
            self._producer.flush(timeout=TRANSACTION_MS_MAX / 1_000)
            # kafka-python 3.0 commits what is left after a record failed and a new epoch was begun: nothing may have
            for each in sent:
                each.get(timeout=ANSWER_MS_MAX / 1_000)  # all are decided: it waits for nothing
            self._producer.commit_transaction()
        except KafkaError as error:
            if _is_shut_out(error):
                raise EdgeError(
                    f"{self._name}: another process of the same name has taken over; this one has ended, and what it "
                    "had not committed is the other's to do"
                ) from error
            with told(self._settings):
                raise


@contextmanager
def open_transactions(settings: KafkaSettings, name: str) -> Iterator[Transactions]:
    """Give a writer of transactions; `name` is its transactional id, of which there is one writer at a time.

    From now on a writer of this name that was opened before can commit nothing. Raises EdgeError.
    """
    with open_transactional_producer(settings, name, BYTES_MAX) as producer:
        yield Transactions(settings, name, producer)


def _is_shut_out(error: BaseException) -> bool:
    """Tell whether this is the error of a writer whose name another one took, also where kafka-python wrapped it."""
    from kafka.errors import InvalidProducerEpochError, ProducerFencedError

    names = (InvalidProducerEpochError.__name__, ProducerFencedError.__name__)
    return type(error).__name__ in names or any(name in str(error) for name in names)
