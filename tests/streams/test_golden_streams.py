"""Every golden stream through the pure core gives exactly the changes that stand beside it."""

from __future__ import annotations

from collections import Counter
from itertools import zip_longest

import msgspec
import pytest

from livesegments.core.changes import ChangeRecord
from livesegments.core.replay import Replay
from livesegments.models.book import ModelBook
from livesegments.models.engine import engine_with_models
from livesegments.models.passes import learn_models
from streams.stories import FOLDER, NAMES, Story, story


def replayed(told: Story) -> list[bytes]:
    book = ModelBook()
    for row in learn_models(told.definition, told.lines, told.until_ms):
        book.add(row.payload)
    replay = Replay(engine_with_models(told.definition, book), told.until_ms)
    changes = [change.encode() for change in replay.run(told.lines)]
    assert told.counts is None or str(replay.counts) == told.counts
    return changes


@pytest.mark.parametrize("name", NAMES)
def test_a_story_gives_its_changes(name: str, request: pytest.FixtureRequest) -> None:
    told = story(name)
    found = replayed(told)
    if request.config.getoption("--rewrite-streams"):
        told.changes.write_bytes(b"".join(line + b"\n" for line in found))
    expected = told.changes.read_bytes().splitlines() if told.changes.exists() else []
    for number, (line, wanted) in enumerate(zip_longest(found, expected), start=1):
        assert line == wanted, (
            f"{told.changes.name}:{number}: {told.tells}\n"
            "If the new change is right: pytest tests/streams --rewrite-streams, and read the diff"
        )


def test_the_folder_holds_the_stories_and_nothing_else() -> None:
    files = {file.name for file in FOLDER.glob("*.jsonl")}
    assert files == {f"{name}{end}" for name in NAMES for end in (".jsonl", ".changes.jsonl")}
    assert {file.stem for file in FOLDER.glob("*.yaml")} - {"stories"} <= set(NAMES)
    assert len(NAMES) == 16


def test_the_stories_show_every_kind_of_change() -> None:
    records = [
        msgspec.json.decode(line, type=ChangeRecord)
        for name in NAMES
        for line in story(name).changes.read_bytes().splitlines()
    ]
    shown = Counter((record.data.change, record.data.cause.kind) for record in records)
    assert set(shown) == {
        *(("entered", kind) for kind in ("event", "time")),
        *(("exited", kind) for kind in ("event", "time")),
        ("erased", "erase"),
    }
