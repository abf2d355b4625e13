"""One event of 2025 in a log of 2024 spoils itself only, in every command, though it is no future to the wall clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.test_mistakes import DEFINITION, livesegments
from core.samples import line
from livesegments.cli import main

ORDER = {"event": "Order Completed"}
AHEAD = line("bob", **ORDER, timestamp="2025-03-01T00:00:00Z")
FEW = [
    line("ann", day=0, **ORDER),
    AHEAD,
    line("bob", day=1, **ORDER),
    line("bob", day=2, timestamp="2024-01-03T00:00:00+00:00", **ORDER),
    line("cat", day=3, **ORDER),
]
MANY = [line(f"u{number % 7}", day=number / 10, **ORDER) for number in range(200)]
SAID = "events are 4"  # hundred days and more


def folder_of(tmp_path: Path, lines: list[bytes]) -> Path:
    (tmp_path / "segments.yaml").write_text(DEFINITION)
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines))
    return tmp_path


class Replayed(NamedTuple):
    out: str
    err: str


@pytest.fixture
def replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Replayed]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Replayed:
        with pytest.raises(SystemExit):
            main(["replay", *arguments])
        return Replayed(*capsys.readouterr())

    return run


def reasons_of(file: Path) -> list[str]:
    return [json.loads(text)["reason"] for text in file.read_text().splitlines()]


@pytest.mark.parametrize("lines", [FEW, [*MANY[:50], AHEAD, *MANY[50:]], [*MANY, AHEAD]], ids=["few", "among", "last"])
def test_replay_refuses_it_and_all_else_is_as_without_it(
    tmp_path: Path, lines: list[bytes], replay: Callable[..., Replayed]
) -> None:
    folder = folder_of(tmp_path, lines)
    (folder / "without.jsonl").write_bytes(b"\n".join(one for one in lines if one is not AHEAD))
    found = replay("events.jsonl", "--dead-letters", "bad.jsonl", "--profiles", "p.jsonl")
    without = replay("without.jsonl", "--profiles", "p2.jsonl")
    assert found.out == without.out != ""
    assert (folder / "p.jsonl").read_bytes() == (folder / "p2.jsonl").read_bytes()
    assert reasons_of(folder / "bad.jsonl") == ["future_timestamp"]
    assert SAID in found.err
    assert SAID not in without.err


def test_until_says_that_it_is_right(tmp_path: Path, replay: Callable[..., Replayed]) -> None:
    folder_of(tmp_path, [*MANY, AHEAD])
    found = replay("events.jsonl", "--until", "2025-04-01T00:00:00Z")
    assert "201 events = 201 applied" in found.err
    assert SAID not in found.err


@pytest.mark.parametrize(
    "lines",
    [
        [line("ann", day=0), line("ann", day=1), line("ann", day=300), line("bob", day=0), line("bob", day=2), FEW[4]],
        [*MANY, *(line(f"u{number}", day=60 + number / 10, **ORDER) for number in range(20))],
        [line("ann", day=0)] * 300 + [line("ann", day=50)],
        [],
        [b"no event"],
        [b'{"a":' * 50_000 + b"1" + b"}" * 50_000, *MANY],
    ],
    ids=["sorted by user", "after a pause", "a burst and one more", "nothing", "no event", "far too deep"],
)
def test_what_is_right_is_not_refused(tmp_path: Path, lines: list[bytes], replay: Callable[..., Replayed]) -> None:
    folder_of(tmp_path, lines)
    assert "future_timestamp" not in replay("events.jsonl").err


@pytest.mark.flink
def test_run_equals_replay(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, [*MANY[:50], AHEAD, *MANY[50:]])
    replayed = livesegments(folder, "replay", "events.jsonl", "--profiles", "profiles.jsonl")
    done = livesegments(folder, "run", "--events", "events.jsonl", "--out", "out")
    assert (replayed.returncode, done.returncode) == (0, 0), done.stderr

    def written(name: str) -> list[str]:
        return sorted(text for file in (folder / "out" / name).iterdir() for text in file.read_text().splitlines())

    assert written("segment-changes") == sorted(replayed.stdout.splitlines())
    assert written("profiles") == sorted((folder / "profiles.jsonl").read_text().splitlines())
    assert [json.loads(text)["reason"] for text in written("dead-letters")] == ["future_timestamp"]
    for told in (replayed.stderr, done.stderr):
        assert SAID in told


def test_explain_and_preview_read_the_same_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder_of(tmp_path, FEW))
    told = []
    for command in (["explain", "bob"], ["preview", "segments.yaml"]):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--events", "events.jsonl", "--json", "-q"])
        assert ended.value.code == 0
        told.append(json.loads(capsys.readouterr().out))
    explained, previewed = told
    assert (explained["at"], explained["features"][0]["value"]) == ("2024-01-04T00:00:00.000Z", 2)
    assert "2025" not in json.dumps(previewed)
