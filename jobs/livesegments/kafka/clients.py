"""Clients of kafka-python that give up soon, and what their errors mean for people."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from livesegments.core.errors import EdgeError
from livesegments.kafka.settings import KafkaSettings

__all__ = [
    "ANSWER_MS_MAX",
    "DELIVERY_MS_MAX",
    "TRANSACTION_DELIVERY_MS_MAX",
    "TRANSACTION_MS_MAX",
    "missing_topic",
    "open_admin",
    "open_consumer",
    "open_producer",
    "open_transactional_producer",
    "told",
]

CONNECT_MS_MAX = 10_000
ANSWER_MS_MAX = 15_000
DELIVERY_MS_MAX = 120_000  # a broker that restarts under load is waited for
TRANSACTION_MS_MAX = 60_000
TRANSACTION_DELIVERY_MS_MAX = 45_000  # later, the broker would abort the transaction anyway


class _LastFailure(logging.Handler):
    """Keeps what kafka-python only logs: while it tries to connect it raises nothing, then just a timeout.

    The first failure is told at once, as the trying takes seconds.
    """

    error: Exception | None = None
    where = ""  # the brokers, until they were told of

    def expect(self, where: str) -> None:
        """Begin anew with these brokers."""
        self.error, self.where = None, where

    def emit(self, record: logging.LogRecord) -> None:
        from kafka.errors import BrokerResponseError, Cancelled, KafkaTimeoutError, RequestTimedOutError

        nothing = KafkaTimeoutError | RequestTimedOutError | Cancelled  # cancelled is what we close ourselves
        for found in record.args if isinstance(record.args, tuple) else ():
            if not isinstance(found, Exception) or isinstance(found, nothing):
                continue
            if not isinstance(self.error, BrokerResponseError):  # what the broker itself said tells more
                self.error = found
            if self.where:
                _log.warning("%s: no answer yet (%s); still trying", self.where, found)
                self.where = ""


_log = logging.getLogger(__name__)
_last_failure = _LastFailure(logging.WARNING)
logging.getLogger("kafka").addHandler(_last_failure)  # also keeps stderr for what we say


@contextmanager
def open_admin(settings: KafkaSettings) -> Iterator[Any]:
    """Give a client that makes and describes topics; Kafka's errors come out as EdgeError."""
    from kafka.admin import KafkaAdminClient

    with told(settings), _closing(KafkaAdminClient(**_options(settings), request_timeout_ms=ANSWER_MS_MAX)) as admin:
        yield admin


@contextmanager
def open_producer(settings: KafkaSettings, linger_ms: int, bytes_max: int = 1_048_576) -> Iterator[Any]:
    """Give an idempotent producer that partitions as Java does; Kafka's errors come out as EdgeError."""
    from kafka import KafkaProducer

    options = {**_producer_options(bytes_max), "linger_ms": linger_ms}
    with told(settings), _closing(KafkaProducer(**_options(settings), **options), timeout=2) as producer:
        yield producer


@contextmanager
def open_transactional_producer(settings: KafkaSettings, name: str, bytes_max: int) -> Iterator[Any]:
    """Give a producer whose transactions nobody else of the same name can commit from now on.

    What an earlier one of that name left open is ended before this returns. Kafka's errors come out as EdgeError.
    """
    from kafka import KafkaProducer

    options = {**_producer_options(bytes_max), "transactional_id": name, "transaction_timeout_ms": TRANSACTION_MS_MAX}
    # what a predecessor left open may take as long as a transaction to end
    options["max_block_ms"] = TRANSACTION_MS_MAX
    options["delivery_timeout_ms"] = TRANSACTION_DELIVERY_MS_MAX
    with told(settings), _closing(KafkaProducer(**_options(settings), **options), timeout=2) as producer:
        producer.init_transactions()
        yield producer


@contextmanager
def open_consumer(
    settings: KafkaSettings, group: str | None = None, *, committed: bool = True, **more: Any
) -> Iterator[Any]:
    """Give a consumer of committed records, or of all; `group` is under which name it keeps positions, if it does.

    `more` are options of kafka-python. Kafka's errors come out as EdgeError.
    """
    from kafka import KafkaConsumer

    options = {
        "group_id": group,
        "enable_auto_commit": False,
        "isolation_level": "read_committed" if committed else "read_uncommitted",
        "allow_auto_create_topics": False,
        "fetch_max_wait_ms": 200,
        **more,
    }
    with told(settings), _closing(KafkaConsumer(**_options(settings), **options)) as consumer:
        yield consumer


@contextmanager
def told(settings: KafkaSettings) -> Iterator[None]:
    """Turn Kafka's errors into EdgeError: what was tried where, what came, what to look at."""
    from kafka.errors import KafkaError, KafkaTimeoutError

    _last_failure.expect(settings.bootstrap)
    try:
        yield
    except (KafkaError, OSError) as error:  # OSError: a certificate file, a name that does not resolve
        if isinstance(error, BrokenPipeError):  # the reader of stdout went away
            raise
        timed_out = isinstance(error, KafkaTimeoutError)
        reason = _last_failure.error if timed_out and _last_failure.error is not None else error
        raise EdgeError(_message(settings, reason)) from error


def missing_topic(settings: KafkaSettings, topic: str, option: str = "") -> EdgeError:
    """Give the error for a topic that does not exist; `option` is what `topics create` needs to make it."""
    return EdgeError(
        f"{topic}: required this topic at {settings.bootstrap}, found none; see livesegments topics create{option}"
    )


def _producer_options(bytes_max: int) -> dict[str, Any]:
    return {
        "acks": "all",
        "enable_idempotence": True,
        "batch_size": 128 * 1024,
        "max_request_size": bytes_max,
        "max_block_ms": ANSWER_MS_MAX,
        "request_timeout_ms": ANSWER_MS_MAX,
        "delivery_timeout_ms": DELIVERY_MS_MAX,
        "allow_auto_create_topics": False,
    }


def _options(settings: KafkaSettings) -> dict[str, Any]:
    return {
        **settings.client_options(),
        "bootstrap_timeout_ms": CONNECT_MS_MAX,
        "reconnect_backoff_max_ms": 1_000,
    }


@contextmanager
def _closing(client: Any, **how: Any) -> Iterator[Any]:
    try:
        yield client
    finally:
        client.close(**how)


def _message(settings: KafkaSettings, error: Exception) -> str:
    from kafka import errors

    where = f"{settings.bootstrap} ({settings.protocol})"
    with_sasl = settings.protocol.startswith("SASL")
    who = f"user {settings.username!r}"
    sign_in = "look at KAFKA_USERNAME, KAFKA_PASSWORD and KAFKA_SASL_MECHANISM"
    if isinstance(error, errors.SaslAuthenticationFailedError | errors.UnsupportedSaslMechanismError):
        return f"{where}: refuses {who} by {settings.mechanism}: {_text(error)}; {sign_in}"
    if isinstance(error, errors.AuthorizationError):
        return f"{where}: {who} may not do this: {_text(error)}; the broker's ACLs must allow it"
    if isinstance(error, errors.IllegalSaslStateError):
        return f"{where}: this port takes no SASL; look at KAFKA_SECURITY_PROTOCOL and KAFKA_BOOTSTRAP"
    if with_sasl and isinstance(error, errors.KafkaConnectionError) and "disconnected" in str(error):
        # the broker's answer is lost when it closes at once: kafka-python drops what comes with the end of a stream
        return f"{where}: breaks off while {who} signs in by {settings.mechanism}, as with a wrong password; {sign_in}"
    if isinstance(error, errors.KafkaTimeoutError | errors.KafkaConnectionError):
        look_at = "look at KAFKA_BOOTSTRAP (--bootstrap), KAFKA_SECURITY_PROTOCOL and whether the broker runs"
        return f"{where}: required a Kafka broker that answers, found: {_text(error)}; {look_at}"
    return f"{where}: {_text(error)}"


def _text(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:300] + "..."
