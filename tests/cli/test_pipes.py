"""A pipe gives what a file gives, also where the events are read more than once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.test_mistakes import DEFINITION, SECONDS_MAX
from cli.test_outputs import EVENTS, LEARNED
from core.samples import line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d.yaml").write_text(DEFINITION)
    (tmp_path / "learned.yaml").write_text(LEARNED)
    (tmp_path / "x.jsonl").write_bytes(EVENTS)
    return tmp_path


def piped(folder: Path, *arguments: str, events: bytes = EVENTS) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from livesegments.cli import main; main()", *arguments]
    place = {**os.environ, "TMPDIR": str(folder / "temporary")}
    (folder / "temporary").mkdir(exist_ok=True)
    done = subprocess.run(
        command, cwd=folder, input=events, capture_output=True, timeout=SECONDS_MAX, check=False, env=place
    )
    assert not list((folder / "temporary").iterdir())
    return done


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "{}", "-c", "learned.yaml"],
        ["replay", "{}", "-c", "d.yaml"],
        ["preview", "learned.yaml", "--events", "{}", "--json"],
        ["preview", "d.yaml", "--events", "{}", "--against", "learned.yaml", "--json"],
        ["explain", "u", "--events", "{}", "-c", "learned.yaml", "--json"],
        ["explain", "u2", "--events", "{}", "-c", "d.yaml"],
    ],
    ids=" ".join,
)
def test_a_pipe_gives_what_a_file_gives(folder: Path, arguments: list[str]) -> None:
    file = piped(folder, *(each.format("x.jsonl") for each in arguments))
    pipe = piped(folder, *(each.format("/dev/stdin") for each in arguments))
    assert pipe.stdout == file.stdout
    assert (pipe.returncode, b"no event in it" in pipe.stderr) == (file.returncode, False)
    if arguments[1] == "u2":
        assert b"/dev/stdin: required events of user 'u2', found none among those of 1 user" in pipe.stderr
    else:
        assert file.stdout


def test_a_copy_of_a_pipe_is_removed_after_an_error(folder: Path) -> None:
    done = piped(folder, "replay", "/dev/stdin", "-c", "learned.yaml", events=b"[1, 2]\n")
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)


def test_clusters_learn_from_a_pipe(folder: Path) -> None:
    events = b"".join(
        line(user=f"u{user}", day=day, event="Order Completed") + b"\n"
        for day in range(1, 20)
        for user in range(40)
        if day % (1 + user % 2 * 6) == 0
    )
    (folder / "many.jsonl").write_bytes(events)
    (folder / "learned.yaml").write_text(LEARNED.replace("clusters: 2", "clusters: 2, warm_up: 20"))
    of_file = piped(folder, "clusters", "--events", "many.jsonl", "-c", "learned.yaml", "--json")
    of_pipe = piped(folder, "clusters", "--events", "/dev/stdin", "-c", "learned.yaml", "--json", events=events)
    assert of_file.returncode == 0, of_file.stderr
    assert of_pipe.stdout == of_file.stdout
