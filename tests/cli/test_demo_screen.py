"""The demo's screen, drawn from changes: 80 columns, two screens, with and without a terminal."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from rich.console import Console

from livesegments.cli.demo_screen import DemoScreen, make_console
from livesegments.cli.demo_tally import DemoTally
from livesegments.core.definition import load_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.shop.generator import write

SHOP = Path(__file__).parents[2] / "jobs" / "livesegments" / "definitions" / "shop.yaml"
SCREEN = 24


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    events = tmp_path_factory.mktemp("demo") / "events.jsonl"
    write(events, 40, 20, 1)
    with events.open("rb") as source:
        found = [change.encode() for change in Replay(Engine(load_definition(SHOP))).run(source)]
    random.Random(2).shuffle(found)  # a job gives them user by user, not in the order of time
    return found


def told(lines: list[bytes], *, keep_all: bool = False) -> DemoTally:
    tally = DemoTally(["engagement"], keep_all=keep_all)
    for line in lines:
        tally.add(line)
    return tally


def test_the_newest_changes_are_in_the_order_of_time(lines: list[bytes]) -> None:
    tally = told(lines, keep_all=True)
    newest, every = tally.newest(), tally.all()
    assert len(newest) == 10
    assert [record["time"] for record in newest] == sorted(record["time"] for record in every)[-10:]
    assert len(every) == len(lines) > 100
    assert [record["time"] for record in every] == sorted(record["time"] for record in every)


def test_without_a_terminal_it_is_two_screens_of_80_columns_and_no_colours(
    lines: list[bytes], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    with DemoScreen(load_definition(SHOP), told(lines), make_console()) as screen:
        screen.update()
        screen.finish("40 users after 20 days")
    out = capsys.readouterr().out
    rows = out.splitlines()
    assert rows[0].rstrip() == "40 users after 20 days"
    assert len(rows) <= 2 * SCREEN
    assert max(map(len, rows)) <= 80
    assert "\x1b" not in out
    segments = [row for row in rows if row.startswith("  ")]
    assert (
        sum(f"  {spec.title:.20}" in row for spec in load_definition(SHOP).segments.values() for row in segments) >= 33
    )


def test_on_a_terminal_the_first_screen_fits(lines: list[bytes]) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=SCREEN, legacy_windows=False)
    with DemoScreen(load_definition(SHOP), told(lines), console) as screen:
        screen.update()
        shown = file.getvalue()
    assert shown.count("\n") < SCREEN
    assert f"The newest of {len(lines):,} changes" in shown
    assert "Joined on a phone" in shown
