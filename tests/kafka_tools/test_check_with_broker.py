"""`livesegments topics check` against a real broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from brokers import Broker
from kafka_tools.commands import answer, make_topics, records_of
from kafka_tools.test_gaps import change, row
from kafka_tools.test_watch_with_broker import produce

pytestmark = pytest.mark.kafka


@pytest.fixture
def prefix(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> str:
    return make_topics(broker.bootstrap, 2, monkeypatch, capfd)


def test_gaps_are_told_and_filled_from_replay(
    broker: Broker, prefix: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    produce(broker, prefix + "changes", [change("k", 1), change("k", 3)])
    produce(broker, prefix + "changes", [change("k", 2)], transactional_id=prefix)  # aborted
    produce(broker, prefix + "profiles", [row("k", 4)])
    told = answer(capfd, "topics", "check")
    assert (told.code, told.out.split()) == (1, ["k:2", "k:4"])
    assert "2 changes of 1 users: 2 missing, 0 there again" in told.err
    replayed = tmp_path / "replayed.jsonl"
    replayed.write_bytes(b"".join(change("k", number) + b"\n" for number in (1, 2, 3, 4)))
    sent = answer(capfd, "topics", "check", "--replayed", replayed, "--send-again")
    assert sent.out.encode().splitlines() == [change("k", 2), change("k", 4)]
    found = records_of(broker.bootstrap, prefix + "changes")
    assert [record.value for record in found] == [change("k", number) for number in (1, 3, 2, 4)]
    assert len({(record.key, record.partition) for record in found}) == 1
    again = answer(capfd, "topics", "check", "--json")
    assert (again.json["missing"], again.json["late"]) == ([], ["k:2"])


def test_topics_without_gaps_are_told(broker: Broker, prefix: str, capfd: pytest.CaptureFixture[str]) -> None:
    produce(broker, prefix + "changes", [change("k", 1), change("k", 2)])
    told = answer(capfd, "topics", "check")
    assert (told.code, told.out) == (0, "")


def test_what_is_no_output_of_replay_is_refused(prefix: str, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wrong = tmp_path / "events.jsonl"
    wrong.write_text('{"type": "track"}\n')
    assert "--replayed: required" in answer(capfd, "topics", "check", "--replayed", wrong).err
    assert "--send-again: required" in answer(capfd, "topics", "check", "--send-again").err
