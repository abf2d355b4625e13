"""One event of 2099 in a log of 2024 spoils itself only, in every command; what is read otherwise is told alike."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from cli.test_mistakes import DEFINITION, livesegments
from core.samples import line
from livesegments.cli import main
from livesegments.core.times import DAY_MS, parse_time

AHEAD = line("bob", event="Order Completed", timestamp="2099-01-01T00:00:00Z")
ORDERS = [
    line("ann", day=0, event="Order Completed"),
    AHEAD,
    line("bob", day=1, event="Order Completed"),
    line("bob", day=2, event="Order Completed", receivedAt="yesterday"),
    line("cat", day=3, event="Order Completed", properties={"revenue": "$5", "products": {"price": [1]}}),
    line("undefined", day=3, event="Order Completed"),
    line("undefined", day=3, event="Order Completed", anonymousId="dan"),
    line("anonymous", day=3),
]
LIMITS = "limits: {refuse_users: [undefined]}\n"
SKIPPED = (
    "not read as it stands: properties.products.price of 1 Order Completed, properties.revenue of 1 Order Completed, "
    "the user id 'anonymous' of 1 events; livesegments check --events tells all"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    spent = DEFINITION.replace("segments:", "  spent: {sum: Order Completed, of: [revenue, products.price]}\nsegments:")
    (tmp_path / "segments.yaml").write_text(spent + LIMITS)
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(ORDERS))
    return tmp_path


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 0


def check_letters(letters: list[dict[str, str]]) -> None:
    ahead, refused = sorted(letters, key=lambda letter: letter["reason"])
    assert (ahead["reason"], refused["reason"]) == ("future_timestamp", "missing_user")
    assert "'undefined', which limits.refuse_users names" in refused["message"]
    bound_ms = parse_time(ahead["message"].removeprefix("Expected at most ").split(",")[0])
    assert bound_ms > time.time() * 1_000 + DAY_MS - 3_600_000


@pytest.mark.flink
def test_run_and_replay_tell_the_same(folder: Path) -> None:
    replayed = livesegments(
        folder, "replay", "events.jsonl", "--profiles", "profiles.jsonl", "--dead-letters", "bad.jsonl"
    )
    done = livesegments(folder, "run", "--events", "events.jsonl", "--out", "out")
    assert (replayed.returncode, done.returncode) == (0, 0), done.stderr
    told, expected = done.stderr.splitlines(), replayed.stderr.splitlines()
    (counts,) = [text for text in expected if text.startswith("8 events = 6 applied")]
    assert SKIPPED in expected
    assert {counts, SKIPPED} <= set(told)

    def written(name: str) -> list[str]:
        return sorted(text for file in (folder / "out" / name).iterdir() for text in file.read_text().splitlines())

    changes = sorted(replayed.stdout.splitlines())
    assert [json.loads(change)["subject"] for change in changes] == ["ann", "bob", "cat", "dan"]
    assert written("segment-changes") == changes
    profiles = (folder / "profiles.jsonl").read_text().splitlines()
    assert written("profiles") == sorted(profiles)
    (bob,) = [profile for profile in map(json.loads, profiles) if profile["user_id"] == "bob"]
    assert (bob["features"]["orders_30d"], bob["updated_at"]) == (2, "2024-01-03T00:00:00.000Z")
    check_letters([json.loads(letter) for letter in (folder / "bad.jsonl").read_text().splitlines()])
    check_letters([json.loads(letter) for letter in written("dead-letters")])


def test_explain_tells_the_same_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    run("explain", "bob", "--events", "events.jsonl", "--json", "-q")
    told = json.loads(capsys.readouterr().out)
    assert told["at"] == "2024-01-04T00:00:00.000Z"
    assert [bad["reason"] for bad in told["bad_lines"]] == ["future_timestamp"]


@pytest.mark.parametrize("command", ["clusters", "models"])
def test_what_is_learned_is_the_same_without_it(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, text = _learned_from(command)
    (tmp_path / "segments.yaml").write_text(text)
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "ahead.jsonl").write_bytes(b"\n".join([*lines[:50], AHEAD, *lines[50:]]))
    monkeypatch.chdir(tmp_path)
    told = []
    for events in ("events.jsonl", "ahead.jsonl"):
        run(command, "--events", events, "--json", "-q")
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]


def _learned_from(command: str) -> tuple[list[bytes], str]:
    if command == "clusters":
        from models import three_groups

        return list(three_groups.shop_lines()), three_groups.DEFINITION_TEXT
    from models import prediction_lines

    return list(prediction_lines.shop_lines()), prediction_lines.text_of({"buys": prediction_lines.PREDICTIONS["buys"]})
