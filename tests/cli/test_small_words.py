"""Small things that people see: one feature is no features, titles stay in a line, what is missing is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from livesegments.cli import main
from livesegments.cli.console import table


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(arguments))
    return int(done.value.code or 0)


@pytest.fixture(autouse=True)
def one_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "features: {orders: {count: Order Completed}}\nsegments: {buyers: {when: 'orders >= 1'}}\n"
    Path("segments.yaml").write_text(text)


def test_one_feature_is_one_feature(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "segments.yaml") == 0
    assert capsys.readouterr().err == "segments.yaml: 1 feature, 1 segment\n"
    assert run("check", "segments.yaml", "--diff", "none.yaml") == 2
    assert "found none; this folder has segments.yaml. Or give one with --diff FILE" in capsys.readouterr().err


def test_a_title_wider_than_its_table_stays_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    table("This looks wrong", ["what"], [("nothing",)])
    assert capsys.readouterr().out.splitlines()[0] == "This looks wrong"


def test_a_run_without_its_events_ends_before_java_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", "--events", "none.jsonl", "--out", "out") == 2
    said = capsys.readouterr().err
    assert "none.jsonl: required a file or a folder of events, found nothing there" in said
    assert "waiting" not in said
