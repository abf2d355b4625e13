"""Files that people really had: what can be read in one way is read, anything else is told in one sentence."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.samples import line
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.files import EventLines, converted, event_files, list_files, stage_events, why_nothing_was_read

EVENTS = [line("u", day=number, event="Order Completed") for number in range(3)]
TEXT = b"\n".join(EVENTS) + b"\n"


def events_of(path: Path) -> list[bytes]:
    return [row.strip() for row in EventLines(path) if row.strip()]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(gzip.compress(TEXT)),
        TEXT.decode().encode("utf-32"),
        b"\x00\x00\xfe\xff" + TEXT.decode().encode("utf-32-be"),
        gzip.compress(TEXT) + b"\0" * 512,
    ],
    ids=["gzip in gzip", "utf-32 little", "utf-32 big", "gzip padded with zeros"],
)
def test_more_forms_give_the_same_lines(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "events.jsonl.gz").write_bytes(content)
    assert events_of(tmp_path / "events.jsonl.gz") == EVENTS
    (tmp_path / "work").mkdir()
    staged = stage_events(tmp_path / "events.jsonl.gz", tmp_path / "work")
    lines = staged.read_bytes() if staged.suffix != ".gz" else gzip.decompress(staged.read_bytes())
    assert lines.split() == TEXT.split()


def tar() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        member = tarfile.TarInfo("events.jsonl")
        member.size = len(TEXT)
        archive.addfile(member, io.BytesIO(TEXT))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (tar, "a tar archive"),
        (lambda: gzip.compress(tar()), "a tar archive"),
        (lambda: b"7z\xbc\xaf\x27\x1c" + b"\0" * 50, "a 7z archive"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, "a file of Excel"),
        (lambda: b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "HTML or XML"),
        (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a pointer of Git LFS"),
    ],
)
def test_what_holds_no_lines_is_named(tmp_path: Path, content: Callable[[], bytes], found: str) -> None:
    (tmp_path / "events.jsonl").write_bytes(content())
    for read in (EventLines, lambda path: list(converted(path))):
        with pytest.raises(LivesegmentsError, match=f"required JSON, one event per line, found {found}"):
            read(tmp_path / "events.jsonl")


NAN = EVENTS[0].replace(b"{}", b'{"revenue": NaN}') if b"{}" in EVENTS[0] else EVENTS[0][:-1] + b', "n": NaN}'


@pytest.mark.parametrize(
    "first", [NAN, EVENTS[0] + b",", b"{", b"[2024-03-01] exported", b"\0" * 100], ids=lambda first: repr(first[:20])
)
def test_one_odd_line_at_the_beginning_does_not_refuse_the_file(tmp_path: Path, first: bytes) -> None:
    (tmp_path / "events.jsonl").write_bytes(first + b"\n" + TEXT)
    assert events_of(tmp_path / "events.jsonl") == [first, *EVENTS]


@pytest.mark.parametrize(
    "content",
    [
        b"".join(EVENTS),
        b" ".join(EVENTS),
        b"\r".join(EVENTS),
        "\u2028".join(map(bytes.decode, EVENTS)).encode(),
        b",\n".join(EVENTS) + b",\n",
        b"".join(b"\x1e" + event + b"\n" for event in EVENTS),
    ],
    ids=["nothing", "a space", "a carriage return", "a line separator", "commas", "rfc 7464"],
)
def test_what_stands_on_one_line_is_told_and_converted(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(content)
    assert list(converted(file)) == EVENTS
    text = why_nothing_was_read(file, "x")
    assert re.search(
        r"events\.jsonl:1: required one event per line, found .* line|beside it; make lines of it first: liv", text
    )


def test_objects_that_are_no_events_and_broken_lines_are_converted_as_they_are(tmp_path: Path) -> None:
    lines = [b'{"a": 1}{"b":', b"INFO " + EVENTS[0], NAN, b'{"a": 1} {"b": 2}']
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(lines))
    assert list(converted(tmp_path / "x.jsonl")) == [*lines[:3], b'{"a": 1}', b'{"b": 2}']


EVENT = json.loads(EVENTS[0])
TABLE = {"id": "1", "received_at": "2024-03-01", "user_id": "u", "event": "order_completed"}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"schema": {}, "payload": EVENT}, "inside of `payload`, as Kafka Connect.*schemas.enable=false"),
        ({"schema": {}, "payload": {"before": None, "after": {}, "op": "c"}}, "Debezium"),
        ({"events": [EVENT, EVENT]}, r"a list of 2 at `events`; jq -c '\.events\[\]'"),
        (TABLE, "a warehouse table of Segment or RudderStack"),
        ({"type": "track", "user_id": "u", "event": "x"}, "such as `userId`, found `user_id`"),
        ({"api_key": "x", "event_type": "purchase", "utc_time": "2021-09-03T12:33:49Z"}, r"Jitsu"),
        ({"data": {"type": "event", "attributes": {"metric": {}}}}, "Klaviyo"),
        ({"client_id": "1.2", "events": [{"name": "purchase"}]}, "Measurement Protocol"),
        (json.dumps(json.dumps(EVENT)), "encoded the event twice"),
        (repr(EVENT), "single quotes, as Python prints a dict"),
        ('{type: "track"}', "names without quotes, as in JavaScript"),
        ("data: " + json.dumps(EVENT), "found 'data: ' before it"),
    ],
)
def test_other_shapes_of_events_are_named(tmp_path: Path, content: object, found: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text((content if isinstance(content, str) else json.dumps(content)) + "\n")
    text = why_nothing_was_read(file, "x")
    assert re.search(rf"nothing could be read: .*events\.jsonl:1: .*{found}", text), text


def test_links_below_a_folder_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "b.jsonl").write_bytes(TEXT)
    events = tmp_path / "events"
    events.mkdir()
    (events / "linked").symlink_to(tmp_path / "real")
    (events / "linked too").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "back").symlink_to(events)
    (events / "a [1] *.jsonl").symlink_to(tmp_path / "real" / "b.jsonl")
    found = [file.relative_to(events).as_posix() for file in event_files(events)]
    assert found == ["a [1] *.jsonl", "linked/b.jsonl"]
    (events / "gone.jsonl").symlink_to(tmp_path / "nothing")
    with pytest.raises(EdgeError, match=r"gone\.jsonl: required a file that can be read, found a link to nothing"):
        event_files(events)


def test_an_empty_array_of_an_exporter_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(TEXT)
    (tmp_path / "2.json").write_bytes(b"[]\n")
    listing = list_files(tmp_path)
    assert ([file.name for file in listing.files], [file.name for file in listing.left_out]) == (["1.json"], ["2.json"])


@pytest.mark.parametrize(
    ("path", "hint"), [("-", "/dev/stdin"), ("s3://bucket/x.jsonl", "of this machine"), ("*.jsonl", "give the folder")]
)
def test_a_path_that_is_none_is_told_what_to_do(path: str, hint: str) -> None:
    with pytest.raises(EdgeError, match=f"found nothing there; .*{hint}"):
        list_files(Path(path))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("full/x.jsonl", "; the folder full exists, and has a, b, c, d, e and 1 more"),
        ("full/nothing/z.jsonl", "; full/nothing does not exist"),
        ("fall/z.jsonl", '; fall does not exist; did you mean "full"?'),
        ("/nowhere/deep/x.jsonl", "; /nowhere does not exist"),
        ("empty/x.jsonl", "; the folder empty exists, and has nothing in it"),
        ("full/a/x.jsonl", "; full/a is a file, and no folder"),
        ("link/x.jsonl", "; link is a link to nothing"),
        ("x.jsonl", "; this folder has empty, events.json, full, link"),
        ("event.json", '; did you mean "events.json"?'),
    ],
)
def test_a_path_that_is_none_is_told_by_what_is_there(
    path: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    for name in "abcdef":
        (tmp_path / "full" / name).touch()
    (tmp_path / "events.json").touch()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(EdgeError) as wrong:
        list_files(Path(path))
    assert str(wrong.value) == f"{path}: required a file or a folder of events, found nothing there{expected}"


@pytest.mark.parametrize("behind", [b"junk", b"j"])
def test_bytes_behind_the_end_of_a_gzip_are_named(tmp_path: Path, behind: bytes) -> None:
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(TEXT) + behind)
    with pytest.raises(EdgeError, match=r"required nothing behind the end of the gzip, found other bytes; `gzip -dc`"):
        events_of(tmp_path / "events.jsonl.gz")
    (tmp_path / "events.jsonl.gz").write_bytes(gzip.compress(TEXT)[:-9])
    with pytest.raises(EdgeError, match="required a complete file, found: Compressed file ended before"):
        events_of(tmp_path / "events.jsonl.gz")
