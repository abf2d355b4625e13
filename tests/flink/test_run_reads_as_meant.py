"""Odd events, ids that count as none, clocks in 2099 and record times come to the same in the job and in replay."""

from __future__ import annotations

import base64
import json
import random
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from flink.streams import CLUSTERED, DEFINITION, by_user, events, learned, lines_of, replayed
from livesegments.core.definition import Definition, parse_definition
from livesegments.core.events import EVENT_BYTES_MAX
from livesegments.core.ingest import reading_of
from livesegments.core.times import DAY_MS, format_time, parse_time
from livesegments.flink.edges import packaged_edge
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import Job, make_job
from livesegments.flink.progress import Summary

pytestmark = pytest.mark.flink

REFUSED = "\nlimits: {refuse_users: [undefined, 'null', \"two\\nlines\"]}\n"
PLAIN, LEARNED = parse_definition(DEFINITION.text + REFUSED), parse_definition(CLUSTERED.text + REFUSED)
LATEST_MS = parse_time("2030-01-01T00:00:00Z")


def odd(line: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Write an event as some producers do."""
    number, time = line["messageId"], line["timestamp"]
    revenue = {**line.get("properties", {}), "revenue": chance.choice(["12.50", "$5", float("nan"), None, [1]])}
    changed: list[dict[str, Any]] = [
        {"timestamp": time.replace("2024-", "2099-")},
        {"timestamp": time.replace("2024-", "2099-"), "type": "alias"},
        {"timestamp": None, "originalTimestamp": time.replace("2024-", "2099-"), "messageId": None},
        {"userId": "undefined"},
        {"userId": "undefined", "anonymousId": line.get("userId")},
        {"userId": "null", "anonymousId": "two\nlines"},
        {"userId": "anonymous"},
        {"userId": 10**17 + chance.randrange(3)},
        {"type": str(line["type"]).upper(), "properties": revenue},
        {"properties": {**revenue, "products": {"brand": "b1", "price": "n/a", "quantity": True}}},
        {"properties": [], "context": [], "traits": []},
        {"timestamp": None, "originalTimestamp": time, "sentAt": time, "receivedAt": "2024-11-15T00:00:00Z"},
        {"receivedAt": "2024-11-01T00:00:00Z"},
        {"messageId": None, "other": number},
    ]
    return {**line, **chance.choice(changed)}


def odd_events(count: int, users: int, seed: int) -> Iterator[bytes]:
    """Give the lines of `events`, every fifth of them odd."""
    chance = random.Random(seed)
    for line in events(count, users, seed):
        found = message_of(line)
        yield line if found is None or chance.random() > 0.2 else json.dumps(odd(found, chance)).encode()


def message_of(line: bytes) -> dict[str, Any] | None:
    """Give the object of a line that is one with a time in `timestamp`."""
    try:
        found = json.loads(line)
        parse_time(found["timestamp"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return dict(found)


STREAM = list(odd_events(3_000, 150, seed=11))


def test_stream_shows_what_it_is_for() -> None:
    reading = reading_of(PLAIN, LATEST_MS)
    changes, counts, _, letters = replayed(STREAM, PLAIN, reading=reading)
    assert reading.skipped is not None
    assert counts.dead_letters["future_timestamp"] > 20
    assert sum("refuse_users" in message for _, message in letters) > 20
    assert {skip.path for skip in reading.skipped.most()} >= {"properties.revenue", "properties.products.price"}
    assert reading.skipped.users["anonymous"] > 10
    assert not changes.keys() & {"undefined", "null", "two\nlines"}
    unbounded = replayed(STREAM, PLAIN)
    assert unbounded[1].dead_letters["too_late"] > counts.dead_letters["too_late"]


@pytest.mark.parametrize("definition", [PLAIN, LEARNED], ids=["plain", "learned"])
@pytest.mark.parametrize(("mode", "parallelism"), [("thread", 1), ("process", 2)])
def test_run_equals_replay(
    flink: EmbeddedFlink,
    tmp_path: Path,
    definition: Definition,
    mode: Literal["thread", "process"],
    parallelism: int,
) -> None:
    source = tmp_path / "events.jsonl"
    source.write_bytes(b"\n".join(STREAM))
    job = job_of(definition, tmp_path, events=source, mode=mode, parallelism=parallelism)
    check(flink.run(job), job, STREAM)


def test_an_edge_of_the_users_reads_the_same(flink: EmbeddedFlink, tmp_path: Path) -> None:
    """The learning pass is Flink's own there."""
    source = tmp_path / "events.jsonl"
    source.write_bytes(b"\n".join(STREAM))
    edges = Path(shutil.copy(packaged_edge("files.sql"), tmp_path))
    job = job_of(LEARNED, tmp_path, events=source, edges=edges, parallelism=2)
    check(flink.run(job), job, STREAM)


def with_record_times(lines: Iterable[bytes]) -> Iterator[tuple[bytes, str | None, int | None, bytes]]:
    """Give payload, key and time of records, and the same event with that time of its own where it has no other."""
    chance = random.Random(5)
    for number, line in enumerate(lines):
        found = message_of(line)
        if found is None or not found["timestamp"].startswith("20") or len(line) > EVENT_BYTES_MAX:
            if line.strip():
                yield line, None, None, line
            continue
        time_ms = parse_time(found["timestamp"])
        wrong_ms = time_ms + 40 * DAY_MS
        found = {
            name: value for name, value in found.items() if name not in ("originalTimestamp", "sentAt", "receivedAt")
        }
        found["messageId"] = f"r{number}"
        own = json.dumps(found).encode()
        left_out = json.dumps({**found, "timestamp": chance.choice([None, "", " "])}).encode()
        key = chance.choice([None, "", found.get("userId") if isinstance(found.get("userId"), str) else None])
        key = None if key in ("undefined", "null") else key
        yield chance.choice(
            [(left_out, key, time_ms, own), (own, key, wrong_ms, own), (left_out, None, None, left_out)]
        )


def test_the_time_of_a_record_counts_where_the_event_has_none(flink: EmbeddedFlink, tmp_path: Path) -> None:
    records = list(with_record_times(STREAM))
    (tmp_path / "in").mkdir()
    with (tmp_path / "in" / "records.json").open("w") as file:
        for payload, key, time_ms, _ in records:
            time = None if time_ms is None else format_time(time_ms)
            record = {"payload": base64.b64encode(payload).decode(), "user_key": key, "event_time": time}
            file.write(json.dumps(record) + "\n")
    edges = tmp_path / "records.sql"
    source = f"""
CREATE TABLE events (payload BYTES, user_key STRING, event_time TIMESTAMP_LTZ(3))
WITH ('connector' = 'filesystem', 'path' = '{tmp_path}/in', 'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601');
"""
    tables = packaged_edge("files.sql").read_text().split(";", 1)[1]
    edges.write_text(source + tables)
    expected = [own for *_, own in records]
    assert sum(payload != own for payload, *_, own in records) > 500
    job = job_of(LEARNED, tmp_path, edges=edges, mode="process", parallelism=1)
    check(flink.run(job), job, expected)


def job_of(definition: Definition, folder: Path, **given: Any) -> Job:
    return make_job(definition, out=folder / "out", latest_ms=LATEST_MS, **given)


def check(summary: Summary, job: Job, lines: list[bytes]) -> None:
    assert job.out is not None
    models = (
        learned(lines, job.definition, reading=reading_of(job.definition, LATEST_MS))
        if job.definition.has_models
        else []
    )
    once = reading_of(job.definition, LATEST_MS)
    changes, counts, documents, letters = replayed(lines, job.definition, models=models, reading=once)
    assert lines_of(job.out / "segment-models") == models
    assert summary.counts == counts
    found_letters = [json.loads(line) for line in lines_of(job.out / "dead-letters")]
    assert sorted((letter["reason"], letter["message"]) for letter in found_letters) == letters
    assert by_user(lines_of(job.out / "segment-changes")) == changes
    assert sorted(lines_of(job.out / "profiles")) == documents
    assert once.skipped is not None
    assert summary.skipped.most() == once.skipped.most()
    assert summary.skipped.users == once.skipped.users
