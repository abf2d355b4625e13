"""Input of other shapes at the command line: one sentence and exit code 1, `convert`, and what is said at the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.test_mistakes import DEFINITION, livesegments
from core.samples import line

ORDERS = [line(f"u{number}", day=number, event="Order Completed") for number in range(3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments.yaml").write_text(DEFINITION)
    (tmp_path / "array.json").write_text(json.dumps([json.loads(event) for event in ORDERS], indent=2))
    (tmp_path / "batch.jsonl").write_text(json.dumps({"batch": [json.loads(event) for event in ORDERS]}) + "\n")
    (tmp_path / "ga4.jsonl").write_text('{"event_name": "purchase", "event_timestamp": "1"}\n')
    (tmp_path / "log.csv").write_text("time;customer;action\n1;ann;buy\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["replay", "array.json"], "array.json:1: required one event per line, found one JSON array; make lines of it"),
        (["explain", "u1", "--events", "array.json"], "array.json:1: required one event per line"),
        (["check", "--events", "array.json"], "array.json:1: required one event per line"),
        (["run", "--events", "array.json", "--out", "out"], "array.json:1: required one event per line"),
        (["replay", "batch.jsonl"], "nothing could be read: batch.jsonl:1: required an event, found a batch of 3"),
        (
            ["replay", "ga4.jsonl"],
            "ga4.jsonl:1: required an event of the Segment Spec, found one of Google",
        ),
        (["replay", "log.csv"], "log.csv:1: required JSON, found what looks like CSV"),
        (["check", "--events", "log.csv"], "log.csv:1: required JSON, found what looks like CSV"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_other_shapes_end_with_1_and_one_sentence(folder: Path, arguments: list[str], expected: str) -> None:
    done = livesegments(folder, *arguments)
    assert done.returncode == 1, done.stderr
    errors = [text for text in done.stderr.splitlines() if text.startswith("error")]
    assert len(errors) == 1
    assert expected in errors[0]
    assert done.stdout == ""


def test_nothing_read_names_where_the_reasons_are(folder: Path) -> None:
    assert "--dead-letters FILE writes each event" in livesegments(folder, "replay", "batch.jsonl").stderr
    told = livesegments(folder, "replay", "batch.jsonl", "--dead-letters", "bad.jsonl").stderr
    assert "bad.jsonl has each event with its reason" in told
    assert len((folder / "bad.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("name", ["array.json", "batch.jsonl"])
def test_what_is_converted_can_be_replayed(folder: Path, name: str) -> None:
    assert livesegments(folder, "convert", name, "--out", "events.jsonl").stderr == "events.jsonl: 3 events\n"
    done = livesegments(folder, "replay", "events.jsonl")
    assert done.returncode == 0
    assert "3 events = 3 applied" in done.stderr


def test_convert_needs_one_source(folder: Path) -> None:
    done = livesegments(folder, "convert")
    assert done.returncode == 2
    assert "convert: required FILE or FOLDER, or --edges FILE, found neither" in done.stderr


def test_one_file_per_event_name_is_told_of_and_put_in_order_by_convert(folder: Path) -> None:
    (folder / "in").mkdir()
    for name in ("Order Completed", "Product Viewed"):
        rows = [line("u", day=day, event=name) for day in range(0, 40, 5)]
        (folder / "in" / f"{name}.jsonl").write_bytes(b"\n".join(rows))
    told = livesegments(folder, "replay", "in").stderr
    assert "dead letters (too_late 6)" in told
    assert "6 events were older than limits.lateness" in told
    assert "livesegments convert in --by-time --out events.jsonl" in told
    livesegments(folder, "convert", "in", "--by-time", "--out", "events.jsonl")
    told = livesegments(folder, "replay", "events.jsonl").stderr
    assert "16 events = 16 applied + 0 duplicates + 0 ignored + 0 dead letters" in told
    assert "lateness" not in told


def test_a_name_that_looks_misspelt_is_told_at_the_end(folder: Path) -> None:
    (folder / "events.jsonl").write_bytes(b"\n".join([*ORDERS, line(event="order completed")]))
    done = livesegments(folder, "replay", "events.jsonl")
    assert "this looks misspelt: 'order completed' (once), did you mean 'Order Completed'?" in done.stderr
    assert "misspelt" not in livesegments(folder, "replay", "events.jsonl", "--quiet").stderr


def test_check_with_events_tells_people_and_machines(folder: Path) -> None:
    (folder / "events.jsonl").write_bytes(b"\n".join([*ORDERS, line(event="order completed")]))
    done = livesegments(folder, "check", "--events", "events.jsonl")
    assert done.returncode == 0
    assert "This looks wrong" in done.stdout
    assert "once 'order completed' came: did you mean 'Order Completed'?" in done.stdout
    found = json.loads(livesegments(folder, "check", "--events", "events.jsonl", "--json").stdout)
    assert [finding["name"] for finding in found["findings"]] == ["order completed"]
    assert found["events"] == 4


def test_texts_of_events_are_shown_as_they_are(folder: Path) -> None:
    rows = [line("[object Object]", event="[red]x[/red]"), line(event="Order Completed ")]
    (folder / "events.jsonl").write_bytes(b"\n".join(rows))
    shown = livesegments(folder, "check", "--events", "events.jsonl").stdout
    assert "once a user called '[object Object]'" in shown
    assert "[red]x[/red]" in shown
    assert "'Order Completed '" in shown


def test_a_warning_of_the_definition_is_told(folder: Path) -> None:
    (folder / "segments.yaml").write_text(DEFINITION + "  odd: {when: 'orders_30d > 1 ? true : false'}\n")
    assert "warning" not in livesegments(folder, "check").stderr
    text = "features: {plan: {trait: plan}}\nsegments: {s: {when: 'plan > 1 && plan == \"x\"'}}\n"
    (folder / "segments.yaml").write_text(text)
    assert "warning: segments.yaml:2 segments.s.when: `plan` is compared with" in livesegments(folder, "check").stderr


def test_an_import_that_reads_nothing_ends_with_2_and_an_example(folder: Path) -> None:
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    (folder / "retail.csv").write_text(f"{header}\n1,A,x,1,yesterday,1,17850,France\n")
    done = livesegments(folder, "import", "online-retail", "retail.csv", "--out", "out.jsonl")
    assert done.returncode == 2
    assert "nothing could be read of 1 rows; 1: unreadable date, such as 'yesterday'" in done.stderr
    assert not (folder / "out.jsonl").exists()
