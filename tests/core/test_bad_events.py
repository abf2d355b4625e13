"""Bad input: one dead letter each with reason and path, and nothing is lost."""

import json

import pytest

from core.samples import definition, line
from livesegments.core.deadletter import dead_letter
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.replay import Replay
from livesegments.core.step import Engine

GOOD = json.loads(line())


def changed(**fields: object) -> bytes:
    return json.dumps({key: value for key, value in {**GOOD, **fields}.items() if value is not ...}).encode()


BAD = [
    ("too_large", "32768", changed(padding="x" * 40 * 1024)),
    ("invalid_json", "UTF-8", line().replace(b"Product", b"\xff\xfe")),
    ("invalid_json", "JSON", b"not json"),
    ("invalid_json", "JSON", line()[:-5]),
    ("invalid_json", "nesting", b"[" * 10_000 + b"]" * 10_000),
    ("invalid_json", "nesting", changed(properties=json.loads("[" * 64 + "]" * 64))),
    ("invalid_event", "$.type", changed(type="purchase")),
    ("invalid_event", "`type`", changed(type=...)),
    ("invalid_event", "$.messageId", changed(messageId="x" * 257)),
    ("invalid_event", "$.messageId", changed(messageId=["m"])),
    ("invalid_event", "$.event", changed(event=...)),
    ("invalid_event", "$.event", changed(event=7)),
    ("invalid_event", "$.timestamp", changed(timestamp=...)),
    ("invalid_event", "$.timestamp", changed(timestamp="1066-10-14T09:00:00Z")),
    ("invalid_event", "$.timestamp", changed(timestamp="9999-12-31T23:59:59Z")),
    ("invalid_event", "$.timestamp", changed(timestamp="2024-02-30T00:00:00Z")),
    ("invalid_event", "$.timestamp", changed(timestamp="Sat, 09 Nov 2024 14:20:00 GMT")),
    ("invalid_event", "$.timestamp", changed(timestamp="2024-11-09T25:20:00.000Z")),
    ("invalid_event", "$.timestamp", changed(timestamp="2024-11-09T14:20:0x.000Z")),
    ("invalid_event", "$.sentAt", changed(timestamp="", sentAt="soon")),
    ("invalid_event", "$.userId", changed(userId=12.5)),
    ("invalid_event", "$.userId", changed(userId={"id": 1})),
    ("invalid_event", "$.userId", changed(userId="x" * 257)),
    ("invalid_event", "one event a line", b"[" + line() + b"]"),
    ("invalid_event", "take batches apart", json.dumps({"batch": [GOOD]}).encode()),
    ("missing_user", "userId", changed(userId=...)),
    ("missing_user", "userId", changed(userId="")),
    ("missing_user", "userId", changed(userId=None)),
    ("future_timestamp", "receivedAt", changed(receivedAt="2023-12-30T23:59:59Z")),
]


@pytest.mark.parametrize(("reason", "where", "raw"), BAD)
def test_a_bad_event_is_refused_with_reason_and_place(reason: str, where: str, raw: bytes) -> None:
    with pytest.raises(BadEvent) as refused:
        decode(raw)
    assert refused.value.reason == reason
    assert where in refused.value.message


def test_a_key_that_is_not_the_user_and_a_time_ahead_of_the_wall_clock_are_refused() -> None:
    with pytest.raises(BadEvent) as mismatch:
        decode(line("a"), key="b")
    assert mismatch.value.reason == "key_mismatch"
    event = decode(line("a", day=1))
    assert decode(line("a", day=1), wall_ms=event.time_ms - 3_600_000).time_ms == event.time_ms
    with pytest.raises(BadEvent) as future:
        decode(line("a", day=1), wall_ms=event.time_ms - 3_600_001)
    assert future.value.reason == "future_timestamp"


@pytest.mark.parametrize(
    "raw",
    [
        changed(properties={"revenue": None, "anything": {"at": ["all"]}}),
        changed(userId=None, anonymousId="device"),
        changed(properties=json.loads('{"a":' * 62 + "1" + "}" * 62)),
        changed(title="}{][" * 40),
        changed(unknown_field={"a": 1}, timestamp="2024-11-09t14:20:00.123456789+05:30"),
    ],
)
def test_odd_but_good_events_are_taken(raw: bytes) -> None:
    assert decode(raw).user_id in ("u", "device")


def test_text_that_no_sink_would_take_is_left_out() -> None:
    kept = json.loads(dead_letter(b"\x01" * 1_000_000, "too_large", "expected less"))
    assert kept["raw"] == "\x01" * 1_000_000
    left_out = json.loads(dead_letter(b"\xff" * 8_000_000, "too_large", "expected less"))
    assert left_out["raw"] is None
    assert "encoding" not in left_out
    assert left_out["message"] == "expected less; raw is left out, 8,000,000 bytes"


def test_each_bad_line_gives_one_dead_letter_and_the_rest_is_processed() -> None:
    letters: list[tuple[bytes, str]] = []
    good = [line(day=day, event="Order Completed") for day in range(len(BAD))]
    lines = [raw + b"\r\n" for pair in zip(good, (raw for _, _, raw in BAD), strict=True) for raw in pair]
    engine = Engine(definition({"orders": {"count": "Order Completed"}}, {"any": {"when": "orders > 0"}}))
    replay = Replay(engine, None, lambda raw, error: letters.append((raw, error.reason)))
    changes = list(replay.run([*lines, b"", b"   \n", good[-1], line(type="alias", day=len(BAD))]))
    counts = replay.counts
    assert [reason for _, reason in letters] == [reason for reason, _, _ in BAD]
    assert (counts.applied, counts.duplicates, counts.ignored) == (len(good), 1, 1)
    assert counts.events == counts.applied + counts.duplicates + counts.ignored + sum(counts.dead_letters.values())
    assert [change.detail.change for change in changes] == ["entered"]
    assert str(counts).startswith(f"{counts.events:,} events = {len(good):,} applied + 1 duplicates + 1 ignored + ")
