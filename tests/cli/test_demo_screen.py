"""The demo's screen, drawn from changes: 80 columns, two screens, with and without a terminal."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console

from livesegments.cli.demo_clusters import cluster_table, newest_models
from livesegments.cli.demo_screen import DemoScreen, make_console
from livesegments.cli.demo_tally import DemoTally
from livesegments.core.changes import Change
from livesegments.core.definition import load_definition, parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.models.engine import engine_with_models
from livesegments.models.files import read_models
from livesegments.models.passes import learn_models
from livesegments.shop.generator import generate, write

SHOP = Path(__file__).parents[2] / "jobs" / "livesegments" / "definitions" / "shop.yaml"
SCREEN = 24


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    events = tmp_path_factory.mktemp("demo") / "events.jsonl"
    write(events, 40, 20, 1, carts=True)
    with events.open("rb") as source:
        return shuffled(Replay(Engine(load_definition(SHOP))).run(source))


def shuffled(changes: Iterable[Change]) -> list[bytes]:
    """Give changes as a job gives them: user by user, not in the order of time."""
    found = [change.encode() for change in changes]
    random.Random(2).shuffle(found)
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
        screen.finish("40 users after 20 days", {})
    out = capsys.readouterr().out
    rows = out.splitlines()
    assert rows[0].rstrip() == "40 users after 20 days"
    assert len(rows) <= 2 * SCREEN
    assert max(map(len, rows)) <= 80
    assert "\x1b" not in out
    segments = [row for row in rows if row.startswith("  ")]
    titles = [f"  {spec.title:.20}" for spec in load_definition(SHOP).segments.values()]
    assert len(titles) == 42
    assert all(any(title in row for row in segments) for title in titles)


def test_on_a_terminal_the_first_screen_fits(lines: list[bytes]) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=SCREEN, legacy_windows=False)
    with DemoScreen(load_definition(SHOP), told(lines), console) as screen:
        screen.update()
        shown = file.getvalue()
    assert shown.count("\n") < SCREEN
    assert f"The newest of {len(lines):,} changes" in shown
    assert "Joined on a phone" in shown


def test_the_clusters_stand_from_low_to_high_with_users_and_medians(tmp_path: Path) -> None:
    definition = parse_definition(SHOP.read_text().replace("warm_up: 100", "warm_up: 20"))
    lines = list(generate(60, 25, 1, carts=True))
    folder = tmp_path / "segment-models"
    folder.mkdir()
    (folder / "models.jsonl").write_bytes(b"".join(row.payload + b"\n" for row in learn_models(definition, lines)))
    models = newest_models(folder)
    replay = Replay(engine_with_models(definition, read_models(folder)))
    sizes = told(shuffled(replay.run(lines))).groups["engagement"]
    console = Console(file=io.StringIO(), width=80)
    console.print(cluster_table(definition.clusters["engagement"], sizes, models["engagement"]))
    assert isinstance(console.file, io.StringIO)
    title, names, _, users, *medians = (row.rstrip() for row in console.file.getvalue().splitlines())
    assert title == "engagement, learned: users, and the median of each feature"
    assert re.split(r"  +", names) == ["cluster", "Low engagement", "Moderate engagement", "High engagement"]
    held = Counter(place.id for user in replay.profiles for place in replay.profiles[user].clusters.values())
    by_name = dict(zip(models["engagement"].names, models["engagement"].ids, strict=True))
    in_order = [by_name[name] for name in ("Low engagement", "Moderate engagement", "High engagement")]
    assert users.split()[1:] == [str(held[place]) for place in in_order]
    assert [row.split()[0] for row in medians] == list(definition.clusters["engagement"].features)
    opened = models["engagement"].features.index("email_open_rate")
    real = dict(zip(models["engagement"].ids, models["engagement"].real_centres(), strict=True))
    assert medians[opened].split()[1:] == [f"{real[place][opened]:,.3g}" for place in in_order]


def test_a_run_that_learned_nothing_has_no_models(tmp_path: Path) -> None:
    assert newest_models(tmp_path / "segment-models") == {}
    said = cluster_table(load_definition(SHOP).clusters["engagement"], {}, None)
    assert str(said) == "engagement, learned: nobody yet, the first version needs 100 users"
