"""Input files and output folders, before anything runs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from livesegments.core.errors import EdgeError
from livesegments.files import stage_events
from livesegments.flink.staging import prepare_output


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def test_one_file_is_not_copied(tmp_path: Path, work: Path) -> None:
    source = tmp_path / "_what a name.jsonl"
    source.write_bytes(b"a\nb")
    staged = stage_events(source, work)
    assert staged.name == "events.jsonl"
    assert staged.resolve() == source


def test_a_folder_becomes_one_file_in_name_order(tmp_path: Path, work: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "2.jsonl").write_bytes(b"d\n")
    (folder / "10.jsonl").write_bytes(b"a\nb")
    (folder / "1b.jsonl.gz").write_bytes(gzip.compress(b"c"))
    (folder / "_SUCCESS").write_bytes(b"x")
    (folder / "empty.jsonl").write_bytes(b"")
    lines = stage_events(folder, work).read_bytes().split(b"\n")
    assert [line for line in lines if line] == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize(("name", "packed"), [("plain.jsonl.gz", False), ("packed.jsonl", True)])
def test_what_is_packed_is_told_by_the_content(tmp_path: Path, work: Path, name: str, packed: bool) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"{}") if packed else b"{}")
    assert stage_events(tmp_path / name, work).name == ("events.jsonl.gz" if packed else "events.jsonl")


def test_a_missing_file_is_told(tmp_path: Path, work: Path) -> None:
    with pytest.raises(EdgeError, match="found nothing there"):
        stage_events(tmp_path / "missing.jsonl", work)


def test_a_folder_without_files_is_told(tmp_path: Path, work: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(EdgeError, match=r"required a folder with .* files, found none"):
        stage_events(tmp_path / "in", work)


def test_a_broken_gzip_file_in_a_folder_is_told(tmp_path: Path, work: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(b"a")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"b" * 1_000)[:-10])
    with pytest.raises(EdgeError, match=r"b\.jsonl\.gz: required a complete file"):
        stage_events(folder, work)


def test_output_is_never_mixed_with_older_output(tmp_path: Path) -> None:
    prepare_output(tmp_path / "new" / "out")
    assert (tmp_path / "new" / "out").is_dir()
    prepare_output(tmp_path / "new" / "out")
    with pytest.raises(EdgeError, match="required an empty output folder, found files in it"):
        prepare_output(tmp_path / "new")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EdgeError, match="required a folder for the output, found a file"):
        prepare_output(tmp_path / "file")
