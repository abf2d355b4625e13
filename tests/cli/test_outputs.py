"""What a command writes is never what it reads, and appears when it is complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.test_mistakes import DEFINITION, livesegments, told
from core.samples import line

EVENTS = b"".join(line(day=day, event="Order Completed") + b"\n" for day in (1, 2, 60))
LEARNED = """\
features:
  orders: {count: Order Completed}
clusters:
  kinds: {features: [orders], clusters: 2}
segments:
  vip: {when: 'orders >= 1'}
"""
GENERATE = ["generate", "--users", "3", "--days", "2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d.yaml").write_text(DEFINITION)
    (tmp_path / "learned.yaml").write_text(LEARNED)
    (tmp_path / "x.jsonl").write_bytes(EVENTS)
    (tmp_path / "hard.jsonl").hardlink_to(tmp_path / "x.jsonl")
    (tmp_path / "link.jsonl").symlink_to("x.jsonl")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.jsonl").write_bytes(EVENTS)
    (tmp_path / "models.jsonl").write_bytes(b"{}\n")
    (tmp_path / "orders.csv").write_text("InvoiceNo\n")
    (tmp_path / "p.png").symlink_to("x.jsonl")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


REPLAY = ["replay", "x.jsonl", "-c", "d.yaml"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([*REPLAY, "--dead-letters", "x.jsonl"], "another file than x.jsonl, which is"),
        ([*REPLAY, "--profiles", "hard.jsonl"], "another file than x.jsonl, which is read"),
        ([*REPLAY, "--profiles", "in/../link.jsonl"], "another file than x.jsonl"),
        (
            ["replay", "x.jsonl", "-c", "d.yaml", "--profiles", "d.yaml"],
            "than d.yaml, which is read for the definition",
        ),
        (["replay", "x.jsonl", "-c", ".", "--profiles", "d.yaml"], "outside the folder ., which is read for the def"),
        (["replay", "in", "-c", "d.yaml", "--profiles", "in/p.jsonl"], "required a path outside the folder in, which"),
        ([*REPLAY, "--profiles", "p", "--dead-letters", "./p"], "than that of --profiles"),
        (
            ["replay", "x.jsonl", "-c", "learned.yaml", "--models", "models.jsonl", "--profiles", "models.jsonl"],
            "models",
        ),
        ([*GENERATE, "--out", "new.jsonl", "--truth", "new.jsonl"], "required another file than that of --out"),
        (
            ["convert", "x.jsonl", "--out", "x.jsonl"],
            "required another file than x.jsonl, which is read for the events",
        ),
        (["convert", "in", "--out", "in/all.jsonl"], "required a path outside the folder in"),
        (["import", "online-retail", "orders.csv", "--out", "orders.csv"], "required another file than orders.csv"),
        (["clusters", "--events", "x.jsonl", "-c", "learned.yaml", "--picture", "p.png"], "another file than x.jsonl"),
        (["models", "--events", "x.jsonl", "-c", "learned.yaml", "--picture", "p.png"], "another file than x.jsonl"),
        (
            ["preview", "d.yaml", "--events", "x.jsonl", "--picture", "p.png"],
            "another file than x.jsonl, which is read",
        ),
        (
            ["serve", "--store", "d.yaml", "-c", "d.yaml", "--from-beginning"],
            "d.yaml, which is read for the definition",
        ),
        (["run", "--events", "in", "-c", "d.yaml", "--out", "in/out"], "required a path outside the folder in, which"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_output_that_is_an_input_is_refused(folder: Path, arguments: list[str], expected: str) -> None:
    if "d.yaml" in arguments and arguments[2:4] == ["-c", "."]:
        (folder / "learned.yaml").unlink()
    before = contents(folder)
    message = told(livesegments(folder, *arguments))
    assert message.count("error: --") == 1
    assert expected in message
    assert contents(folder) == before


def test_what_stood_there_stays_where_a_command_fails(folder: Path) -> None:
    (folder / "old.jsonl").write_bytes(b"of yesterday\n")
    (folder / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00cut")
    told(livesegments(folder, "replay", "cut.jsonl.gz", "-c", "d.yaml", "--profiles", "old.jsonl"))
    assert (folder / "old.jsonl").read_bytes() == b"of yesterday\n"
    (folder / "lost.jsonl").symlink_to("nowhere/lost.jsonl")
    for command in (["convert", "x.jsonl", "--out", "lost.jsonl"], [*REPLAY, "--profiles", "lost.jsonl"]):
        expected = "error: lost.jsonl: required a file that can be written, found: No such file or directory\n"
        assert told(livesegments(folder, *command)) == expected
    assert not list(folder.glob(".*.partial"))


def test_links_streams_and_other_files_are_written(folder: Path) -> None:
    (folder / "to.jsonl").symlink_to("kept.jsonl")
    assert livesegments(folder, "replay", "x.jsonl", "-c", "d.yaml", "--profiles", "to.jsonl").returncode == 0
    assert (folder / "to.jsonl").is_symlink()
    [profile] = (folder / "kept.jsonl").read_text().splitlines()
    # links of our own to what /dev/stdout and /dev/null are: a fault here may replace them
    (folder / "stdout").symlink_to("/proc/self/fd/1")
    (folder / "null").symlink_to("/dev/null")
    done = livesegments(folder, "replay", "x.jsonl", "-c", "d.yaml", "--profiles", "stdout", "--dead-letters", "null")
    assert (done.returncode, done.stdout.splitlines().count(profile)) == (0, 1), done.stdout
    converted = livesegments(folder, "convert", "x.jsonl", "--out", "stdout")
    assert converted.stdout.encode() == EVENTS
    assert livesegments(folder, *GENERATE, "--out", "null", "--truth", "null").returncode == 0
    assert (folder / "stdout").is_symlink()
    assert (folder / "null").is_symlink()
    assert livesegments(folder, "replay", "in", "-c", "d.yaml", "--profiles", "in/.hidden").returncode == 0
