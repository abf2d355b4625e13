"""What the benches tell is right: how far an engine came, what is lost, there twice or wrong, and what is measured."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bench import yardstick
from bench.core import lines
from bench.peers.arrivals import Arrivals, check, latencies, rate
from bench.peers.edges import without_profiles
from bench.peers.events import TURNING, Event, templates
from bench.peers.work import replayed
from bench.scaling.core_costs import core_costs
from bench.scaling.definitions import with_features, with_segments
from bench.scaling.stream import marks, stream

EDGES = Path(__file__).parents[1] / "flink-conf" / "edges" / "kafka.sql"
TIME = "2024-11-09T14:20:00.000Z"
TIME_S = 1_731_162_000.0


def record(user: str, number: int | None, text: str = "") -> bytes:
    cause = {"kind": "event", "message_id": f"e{number}"} if number is not None else {"kind": "time"}
    return json.dumps({"id": f"{user}:1", "time": TIME, "data": {"cause": cause, "text": text}}).encode()


def arrivals(folder: Path, *rows: tuple[float, float, bytes]) -> Arrivals:
    """Give arrivals that were taken and seen so many seconds after TIME."""
    text = b"".join(b"%d %.3f %s\n" % (1e3 * (TIME_S + t), 1e3 * (TIME_S + s), change) for t, s, change in rows)
    (folder / "changes").write_bytes(text)
    found = Arrivals(folder / "changes")
    found.poll()
    return found


def test_what_is_lost_twice_or_wrong_is_told(tmp_path: Path) -> None:
    expected = {f"{user}:1": record(user, number) for number, user in enumerate("abcd")}
    late = {"e:1": record("e", None)}
    rows = [(0, 0, expected["a:1"]), (0, 0, expected["a:1"]), (0, 0, record("b", 1, "other")), (0, 0, expected["d:1"])]
    found = arrivals(tmp_path, *rows)
    assert check(found.all, expected, late) == (4, 1, 1, 1)
    assert check(found.all[:1], {"a:1": expected["a:1"]}, late) == (1, 0, 0, 0)  # what time brings need not come
    found = arrivals(tmp_path, (0, 0, expected["a:1"]), (0, 0, late["e:1"]))
    assert check(found.all, {"a:1": expected["a:1"]}, late) == (1, 0, 0, 0)
    assert check(found.all, {"a:1": expected["a:1"]}, {}).wrong == 1  # replay knows no such change


def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    found = arrivals(tmp_path, (0, 0, record("a", 0)))
    with (tmp_path / "changes").open("ab") as file:
        file.write(b"1731162000000 1731162000000.0 " + record("b", 1)[:10])
    assert found.poll() == []
    with (tmp_path / "changes").open("ab") as file:
        file.write(record("b", 1)[10:] + b"\n")
    assert [arrival.id for arrival in found.poll()] == ["b:1"]


def test_the_rate_counts_what_each_partition_has_come_to(tmp_path: Path) -> None:
    users = {Event(f"u{number}", b"").partition(2): f"u{number}" for number in range(20)}
    events = [Event(users[number % 2], b"") for number in range(100)]  # in turn: 50 for each partition
    rows = [
        (0.0, 9.0, record("x", 18)),  # 10 of partition 0
        (1.0, 9.0, record("x", 19)),  # and 10 of 1: the fifth that is not timed is over
        (3.0, 9.0, record("x", 98)),  # all of partition 0
        (2.0, 9.0, record("x", None)),
        (5.0, 9.0, record("x", 97)),  # 49 of partition 1
    ]
    found = rate(arrivals(tmp_path, *rows).all, events, 2, 0.2)
    assert found.events == 99 - 20
    assert found.per_second == pytest.approx(79 / 4)


def test_latency_runs_from_the_events_time_until_its_change_is_seen(tmp_path: Path) -> None:
    found = arrivals(tmp_path, (0.1, 0.5, record("a", 1)), (0.1, 0.25, record("b", 2)), (0, 9.0, record("c", None)))
    assert latencies(found.all, TIME_S - 1, TIME_S + 1) == pytest.approx([0.25, 0.5])
    assert latencies(found.all, TIME_S + 1, TIME_S + 2) == []


def test_each_event_of_the_paced_stream_changes_something() -> None:
    events = [
        event.raw.replace(b"NUMBER", b"e%d" % number).replace(b"TIME", TIME.encode())
        for number, event in enumerate(templates() * 2)
    ]
    changes, _ = replayed(TURNING, events)
    turned = [json.loads(change)["data"] for change in changes.values() if b'"turned"' in change]
    assert len([each for each in turned if each["segment"] == "turned"]) == len(events)


def test_the_edges_without_profiles_lack_only_that_table() -> None:
    whole = EDGES.read_text()
    tables = [line for line in whole.splitlines() if line.startswith("CREATE TABLE")]
    kept = [line for line in without_profiles(whole).splitlines() if line.startswith("CREATE TABLE")]
    assert [line for line in tables if line not in kept] == [line for line in tables if line.split()[2] == "profiles"]
    assert len(kept) == len(tables) - 1


def test_definitions_have_the_size_that_was_asked_for_and_run() -> None:
    definitions = {"segments": with_segments(50), "features": with_features(100)}
    assert len(set(map(str, json.loads(definitions["segments"])["segments"].values()))) == 50
    assert len(set(map(str, json.loads(definitions["features"])["features"].values()))) == 100
    costs = core_costs(definitions, events=300, users=30, runs=1)
    assert min(cost.event_us for cost in costs.values()) > 0
    assert costs["features"].user_bytes > costs["segments"].user_bytes


def test_the_stream_fills_then_turns_users_then_marks_each_partition() -> None:
    events = stream(50, 400, 4, even=False)
    assert {event.user for event in events[:50]} == {f"u{number}" for number in range(50)}
    assert [event.user for event in events[450:]] == marks(4)
    assert {event.partition(4) for event in events[450:]} == set(range(4))
    changes, _ = replayed(TURNING, [event.raw for event in events])
    turned = [change for change in changes.values() if json.loads(change)["data"]["segment"] == "turned"]
    assert len(turned) == 400 // 20 + 4


def test_the_yardstick_is_what_it_always_was() -> None:
    states: dict[str, bytes] = {}
    digest = hashlib.sha256()
    for raw in lines(2_000, 50)[0]:
        user = json.loads(raw)["user_id"]
        _, states[user], changes = yardstick.step(states.get(user), raw)
        digest.update(states[user] + b"".join(changes))
    assert digest.hexdigest()[:16] == "0ade2906b8e574a2"
