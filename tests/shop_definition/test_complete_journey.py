"""Profile documents of 200 real households at three dates equal what pandas makes of the tables."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from livesegments.core.definition import load_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import parse_time
from livesegments.shop import ImportCounts
from livesegments.shop.complete_journey import complete_journey_events
from streams.stories import SHOP

pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow.parquet")

from shop_definition.journey import Journey, tables_of, write_tables  # noqa: E402

HOUSEHOLDS = 200
DATES = ["2017-04-15T00:00:00Z", "2017-08-31T12:34:56.789Z", "2017-12-31T23:59:59.999Z"]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Journey, list[bytes]]:
    tables = tables_of(HOUSEHOLDS, seed=7)
    folder = tmp_path_factory.mktemp("tables")
    write_tables(tables, folder)
    counts = ImportCounts()
    lines = list(complete_journey_events(counts, folder))
    assert not any("left out" in note for note in counts.notes)
    return Journey(tables), lines


@pytest.mark.parametrize("date", DATES)
def test_documents_equal_the_tables(journey: tuple[Journey, list[bytes]], date: str) -> None:
    tables, lines = journey
    assert len(tables.households) == HOUSEHOLDS
    replay = Replay(Engine(load_definition(SHOP)), parse_time(date))
    for _ in replay.run(lines):
        pass
    assert not replay.counts.dead_letters
    compared = 0
    for line in replay.documents():
        found = msgspec.json.decode(line)
        household, now = int(found["user_id"]), pd.Timestamp(found["updated_at"]).tz_localize(None)
        # The document is as of the user's clock: the last event, or a change that time brought after it.
        assert tables.last(household, pd.Timestamp(date).tz_localize(None)) <= now
        for section, fields in tables.document(household, now).items():
            for name, expected in fields.items():
                assert is_same(found[section][name], expected), (household, date, section, name, expected)
                compared += 1
    assert compared >= 0.9 * HOUSEHOLDS * 36


def is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, pd.Timestamp):
        return bool(pd.Timestamp(found).tz_localize(None) == expected)
    if isinstance(expected, float) and found is not None:
        return abs(found - expected) <= 1e-9 * max(1.0, abs(expected))
    return bool(found == expected)
