"""How long Kafka sinks wait for brokers that are away, held against how long brokers keep what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from livesegments.core.errors import EdgeError

__all__ = ["check_waits"]

_DEFAULTS_MS = {  # of Kafka's producer, where a table says nothing
    "properties.max.block.ms": 60_000,
    "properties.delivery.timeout.ms": 120_000,
    "properties.request.timeout.ms": 30_000,
    "properties.linger.ms": 5,
}
_TRANSACTION, _DELIVERY = "properties.transaction.timeout.ms", "properties.delivery.timeout.ms"
_WAITS = ("properties.max.block.ms", _DELIVERY)


def check_waits(file: str, connections: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse sinks that wait as long as a transaction lives, or longer, or for less than Kafka's producer takes.

    `connections` are each table's options; the table `events` is only read. Such a job would run and lose changes in a
    long outage, or fail at its first record. What is no number is for Kafka to refuse. Raises EdgeError with all
    problems.
    """
    found: dict[str, list[str]] = {}
    for table, options in connections.items():
        if table != "events" and options.get("connector") in ("kafka", "upsert-kafka"):
            for problem in _problems(options):
                found.setdefault(problem, []).append(f"`{table}`")
    if found:
        raise EdgeError("\n".join(f"{file}: {', '.join(tables)}: {problem}" for problem, tables in found.items()))


def _problems(options: Mapping[str, str]) -> Iterator[str]:
    waits = {name: _number(options, name) for name in _WAITS}
    lives_ms = _number(options, _TRANSACTION)
    if options.get("sink.delivery-guarantee", "").lower() == "exactly-once" and lives_ms is not None:
        for name, wait_ms in waits.items():
            if wait_ms is not None and wait_ms >= lives_ms:
                yield (
                    f"required {name} (KAFKA_WAIT_MS in packaged edges) below {_TRANSACTION} ({lives_ms}), after which "
                    f"brokers throw away what was not committed, found {wait_ms}"
                )
    request_ms, linger_ms = _number(options, "properties.request.timeout.ms"), _number(options, "properties.linger.ms")
    delivery_ms = waits[_DELIVERY]
    if request_ms is None or linger_ms is None or delivery_ms is None:
        return
    least_ms = request_ms + linger_ms
    if delivery_ms < least_ms:
        yield (
            f"required {_DELIVERY} (KAFKA_WAIT_MS in packaged edges) of at least {least_ms}: "
            f"request.timeout.ms and linger.ms, found {delivery_ms}"
        )


def _number(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return _DEFAULTS_MS.get(name)
    return int(text) if text.strip().isdecimal() else None
