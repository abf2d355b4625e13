"""Files as they come: every form of the same events gives the same lines, in replay and for Flink alike."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from core.samples import line
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.files import (
    EventLines,
    converted,
    event_files,
    in_time_order,
    list_files,
    stage_events,
    why_nothing_was_read,
)
from livesegments.files.converting import taken_apart

EVENTS = [line("u", day=number, event="Order Completed", properties={"name": "Grüße 👩‍🚀"}) for number in range(4)]
TEXT = b"\n".join(EVENTS) + b"\n"
MARK = "\ufeff".encode()
FORMS: dict[str, Callable[[], bytes]] = {
    "plain": lambda: TEXT,
    "mark": lambda: MARK + TEXT,
    "crlf": lambda: TEXT.replace(b"\n", b"\r\n"),
    "no end": lambda: TEXT[:-1],
    "blank lines": lambda: b"\n" + TEXT.replace(b"\n", b"\n\n"),
    "gzip": lambda: gzip.compress(TEXT),
    "gzip with a mark": lambda: gzip.compress(MARK + TEXT),
    "gzip members": lambda: b"".join(gzip.compress(event + b"\n") for event in EVENTS),
    "zstandard": lambda: zstandard.compress(TEXT),
    "bzip2": lambda: bz2.compress(TEXT),
    "xz": lambda: lzma.compress(TEXT),
    "zstandard frames": lambda: zstandard.compress(TEXT[:300]) + zstandard.compress(TEXT[300:]),
    "utf-16 little": lambda: TEXT.decode().encode("utf-16"),
    "utf-16 big": lambda: b"\xfe\xff" + TEXT.decode().encode("utf-16-be"),
}


def events_of(lines: bytes | EventLines) -> list[bytes]:
    rows = lines.splitlines() if isinstance(lines, bytes) else lines
    return [row.strip() for row in rows if row.strip()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["events.jsonl", "events.json.gz", "part-0"])
def test_every_form_gives_the_same_lines(tmp_path: Path, form: str, name: str) -> None:
    """Whatever the name: what is packed is told by the first bytes."""
    file = tmp_path / name
    file.write_bytes(FORMS[form]())
    assert events_of(EventLines(file)) == EVENTS
    (tmp_path / "work").mkdir()
    staged = stage_events(file, tmp_path / "work")
    content = staged.read_bytes()
    assert staged.name == ("events.jsonl.gz" if content[:2] == b"\x1f\x8b" else "events.jsonl")
    assert events_of(gzip.decompress(content) if staged.suffix == ".gz" else content) == EVENTS
    assert list(converted(file)) == EVENTS


def test_a_folder_is_read_in_the_order_of_whole_paths(tmp_path: Path) -> None:
    days = [
        "source1/date=2024-03-02/b.gz",
        "source1/date=2024-03-01/z.json.gz",
        "source1-b/a.json",
        "_temporary/x.json",
    ]
    for number, name in enumerate([*days, ".hidden/y.json", "source1/_SUCCESS", "source1/.crc"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(EVENTS[number % 4]) if name.endswith("gz") else EVENTS[number % 4])
    found = [file.relative_to(tmp_path).as_posix() for file in event_files(tmp_path)]
    assert found == ["source1-b/a.json", "source1/date=2024-03-01/z.json.gz", "source1/date=2024-03-02/b.gz"]
    assert events_of(EventLines(tmp_path)) == [EVENTS[2], EVENTS[1], EVENTS[0]]


def test_files_without_events_are_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(TEXT)
    (tmp_path / "README.md").write_text("exported by hand\n")
    (tmp_path / "manifest.json").write_text('{\n  "files": 5\n}')
    (tmp_path / "schema.json").write_text('{"$schema": "x"}\n')
    (tmp_path / "wrong.jsonl").write_text("garbage\n")  # it may be meant as events: a dead letter
    (tmp_path / "empty.jsonl").write_text("")
    listing = list_files(tmp_path)
    assert [file.name for file in listing.files] == ["1.json", "empty.jsonl", "wrong.jsonl"]
    assert [file.name for file in listing.left_out] == ["README.md", "manifest.json", "schema.json"]
    assert "README.md" in str(listing)
    said: list[str] = []
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".keep").touch()
    assert events_of(stage_events(tmp_path, tmp_path / "work", say=said.append).read_bytes()) == [*EVENTS, b"garbage"]
    assert said == [str(listing)]


def test_nothing_is_left_out_of_another_products_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"event_name": "page_view"}\n')
    assert [file.name for file in event_files(tmp_path)] == ["a.json"]


ARRAY = b"[" + b",".join(EVENTS) + b"]"
PRETTY = "\n".join(json.dumps(json.loads(event), indent=2, ensure_ascii=False) for event in EVENTS).encode()
SHAPES = {
    "array": ARRAY,
    "array over lines": b"[\n" + b",\n".join(EVENTS) + b"\n]\n",
    "pretty array": json.dumps([json.loads(event) for event in EVENTS], indent=4, ensure_ascii=False).encode(),
    "pretty objects": PRETTY,
    "packed array": gzip.compress(ARRAY),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_other_shapes_are_converted_and_elsewhere_refused_in_one_sentence(tmp_path: Path, shape: str) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(SHAPES[shape])
    assert [json.loads(event) for event in converted(file)] == [json.loads(event) for event in EVENTS]
    assert all(b"\n" not in event for event in converted(file))
    for read in (EventLines, lambda path: stage_events(path, tmp_path)):
        with pytest.raises(
            LivesegmentsError, match=r"events\.json:1: required one event per line, found .*convert"
        ) as at:
            read(file)
        assert not isinstance(at.value, EdgeError)  # exit code 1


def test_large_values_are_converted_across_chunks(tmp_path: Path) -> None:
    events = [{"type": "track", "text": 'a "quoted\\" [{text}] ' * size} for size in (0, 10, 2_000, 20_000)]
    file = tmp_path / "events.json"
    file.write_text(json.dumps(events, indent=1))
    assert [json.loads(event) for event in converted(file)] == events


@pytest.mark.parametrize(
    ("content", "found"),
    [(ARRAY[:-30], "one that does not end"), (ARRAY[:-1], "the end of the file"), (ARRAY + b"x", "'x'")],
)
def test_a_broken_array_is_told(tmp_path: Path, content: bytes, found: str) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(content)
    with pytest.raises(EdgeError, match=f"required a JSON object as value .*{found}"):
        list(converted(file))


def test_a_broken_first_line_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(EVENTS[0][:50] + b"\n" + TEXT)
    assert events_of(EventLines(file)) == [EVENTS[0][:50], *EVENTS]


def test_utf_16_without_a_mark_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(TEXT.decode().encode("utf-16-le"))
    with pytest.raises(LivesegmentsError, match="found UTF-16 without a byte order mark"):
        EventLines(file)


@pytest.mark.parametrize(
    ("start", "found"), [(b"PK\x03\x04", "a zip archive"), (b"PAR1", "Parquet"), (b"Obj\x01", "Avro")]
)
def test_a_kind_of_file_that_holds_no_text_is_refused_in_one_sentence(tmp_path: Path, start: bytes, found: str) -> None:
    (tmp_path / "events.json").write_bytes(start + b"\0" * 100)
    with pytest.raises(LivesegmentsError, match=f"required JSON, one event per line, found {found}"):
        EventLines(tmp_path / "events.json")
    (tmp_path / "work").mkdir()
    assert stage_events(tmp_path / "events.json", tmp_path / "work", any_shape=True).is_symlink()  # an edge may read it


def test_a_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(TEXT),))
    writer.start()
    assert events_of(EventLines(pipe)) == EVENTS
    writer.join()
    assert "nothing could be read of" in why_nothing_was_read(pipe, "x")


def test_batches_are_taken_apart_with_what_stands_beside_the_events(tmp_path: Path) -> None:
    batch = {
        "batch": [{**json.loads(EVENTS[0]), "context": {"locale": "de"}}, json.loads(EVENTS[1])],
        "sentAt": "2024-03-01T10:00:00Z",
        "context": {"locale": "en", "ip": "1.2.3.4"},
    }
    file = tmp_path / "batches.jsonl"
    file.write_text(json.dumps(batch) + "\n" + json.dumps({"batch": [json.loads(EVENTS[2])]}) + "\n" + "no JSON\n")
    first, second, third, fourth = converted(file)
    assert json.loads(first) == {
        **json.loads(EVENTS[0]),
        "sentAt": "2024-03-01T10:00:00Z",
        "context": {"locale": "de", "ip": "1.2.3.4"},
    }
    assert json.loads(second)["context"] == {"locale": "en", "ip": "1.2.3.4"}
    assert (third, fourth) == (json.dumps(json.loads(EVENTS[2])).encode(), b"no JSON")
    (tmp_path / "array.json").write_text(json.dumps([batch, json.loads(EVENTS[3])], indent=1))
    assert len(list(converted(tmp_path / "array.json"))) == 3


@pytest.mark.parametrize("batch", [["B-17"], [], [{"type": "track", "userId": "v"}], None, "B-17", {"of": 2}])
@pytest.mark.parametrize("kind", ["track", None])
def test_an_event_with_a_field_batch_is_no_batch(tmp_path: Path, batch: object, kind: str | None) -> None:
    event = {"event": "Made", "userId": "u", "timestamp": "2024-03-01", "sentAt": 1, "batch": batch, "type": kind}
    lines = [json.dumps(event).encode(), EVENTS[0]]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    assert list(converted(file)) == lines
    assert list(taken_apart([lines[0] + lines[1]])) == lines  # several on one line
    (tmp_path / "array.json").write_bytes(b"[" + b",".join(lines) + b"]")
    assert list(converted(tmp_path / "array.json")) == lines


@pytest.mark.parametrize("run_bytes", [100, 1_000, 1 << 20])
def test_lines_are_put_in_time_order(run_bytes: int) -> None:
    days = [5, 1, 1, 9, 0, 3]
    lines = [line("u", day=day, properties={"text": "ü\\n"}) for day in days]
    lines.insert(1, b"garbage")  # stays behind the line before it
    found = list(in_time_order(lines, run_bytes))
    assert found == [lines[5], lines[2], lines[3], lines[6], lines[0], b"garbage", lines[4]]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"batch": [1, 2, 3]}, "found a batch of 3; take it apart first: livesegments convert"),
        ({"event_name": "x", "event_timestamp": "1"}, r"Google Analytics 4 .*ga4\.sql"),
        ({"event_id": "x", "collector_tstamp": "1", "event": "page_view"}, r"Snowplow.*snowplow\.sql"),
        ({"id": 1, "created_at": "x", "line_items": []}, r"Shopify.*shopify\.sql"),
        ({"before": None, "after": {}, "op": "c"}, r"Debezium.*debezium\.sql"),
        ({"event_type": "x", "event_properties": {}}, "Amplitude"),
        ({"event": "x", "properties": {"distinct_id": "1"}}, "Mixpanel"),
        ("a;b;c;d", r"found what looks like CSV.*csv\.sql"),
        (5, "required a JSON object, found 5"),
        ({"type": "tracc", "userId": "u"}, "type"),
        ({"type": "tracc", "userId": "u", "batch": [1]}, "Expected one of identify"),
    ],
)
def test_why_nothing_was_read_is_one_sentence_with_file_and_line(tmp_path: Path, content: object, found: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n" + (content if isinstance(content, str) else json.dumps(content)) + "\n")
    text = why_nothing_was_read(file, "--dead-letters FILE writes each event")
    with_place = rf"nothing could be read: .*events\.jsonl:2: .*{found}.*--dead-letters FILE"
    assert re.search(with_place, text), text
    assert "\n" not in text
