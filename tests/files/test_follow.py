"""A folder is followed file by file; a file that was made anew is not taken for the one whose inode it has."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livesegments.files.follow import LineFollower
from livesegments.serve.folder_source import FolderSource

OLD = b'{"run":1,"n":1}\n{"run":1,"n":2}\n'
NEW = b'{"run":2,"n":1}\n{"run":2,"n":2}\n{"run":2,"n":3}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "part-0").write_bytes(OLD)
    return tmp_path


def made_anew(file: Path, content: bytes) -> None:
    """Give the file other content and the same inode, as a file system does that reuses the number."""
    file.write_bytes(content)


def opened(folder: Path, positions: dict[str, int], say: Callable[[str], None] = lambda _: None) -> FolderSource:
    source = FolderSource(folder, say)
    source.open(positions)
    return source


def lines_of(source: FolderSource, positions: dict[str, int]) -> list[bytes | None]:
    batch = source.poll()
    positions |= batch.positions
    return [row.value for row in batch.rows]


@pytest.mark.parametrize("content", [NEW, NEW[:32], NEW[:16]], ids=["longer", "as long", "shorter"])
@pytest.mark.parametrize("is_running", [True, False])
def test_a_file_made_anew_is_read_from_its_beginning(folder: Path, content: bytes, is_running: bool) -> None:
    positions: dict[str, int] = {}
    said: list[str] = []
    source = opened(folder, positions, said.append)
    assert lines_of(source, positions) == OLD.splitlines()
    made_anew(folder / "profiles" / "part-0", content)
    if not is_running:
        source = opened(folder, positions, said.append)
    assert lines_of(source, positions) == content.splitlines()
    assert source.behind() == 0
    [told] = said
    assert told.startswith(f"{folder}/profiles/part-0: another file than the one that was read before, read from its")
    assert "--from-beginning" in told
    assert lines_of(opened(folder, positions, said.append), positions) == []
    assert len(said) == 1


def test_a_file_that_grows_or_gets_its_name_is_the_same(folder: Path) -> None:
    positions: dict[str, int] = {}
    said: list[str] = []
    part, whole = folder / "profiles" / "part-0", folder / "profiles" / "whole"
    part.write_bytes(OLD[:20])
    source = opened(folder, positions, said.append)
    assert lines_of(source, positions) == OLD.splitlines()[:1]
    assert source.behind() == 4
    part.rename(whole)
    with whole.open("ab") as file:
        file.write(OLD[20:])
    assert lines_of(source, positions) == OLD.splitlines()[1:]
    with whole.open("ab") as file:
        file.write(b'{"n":3}\n')
    again = opened(folder, positions, said.append)
    assert again.behind() == 8
    assert lines_of(again, positions) == [b'{"n":3}']
    assert said == []


def test_a_store_of_before_goes_on_where_it_was(folder: Path) -> None:
    inode = (folder / "profiles" / "part-0").stat().st_ino
    positions = {f"profiles/{inode}": 16}
    said: list[str] = []
    assert lines_of(opened(folder, positions, said.append), positions) == OLD.splitlines()[1:]
    assert lines_of(opened(folder, positions, said.append), positions) == []
    assert said == []


def test_a_store_of_before_sees_a_file_that_is_too_short(folder: Path) -> None:
    inode = (folder / "profiles" / "part-0").stat().st_ino
    positions = {f"profiles/{inode}": 1_000}
    said: list[str] = []
    assert lines_of(opened(folder, positions, said.append), positions) == OLD.splitlines()
    assert len(said) == 1


def test_a_first_line_that_is_not_whole_waits(tmp_path: Path) -> None:
    file, long = tmp_path / "a", b"x" * 9_000_000
    follower = LineFollower(tmp_path)
    file.write_bytes(b"beg")
    assert (follower.poll(), follower.behind_bytes()) == ([], 3)
    file.write_bytes(long)
    assert (follower.poll(), follower.behind_bytes()) == ([], len(long))
    with file.open("ab") as end:
        end.write(b"\ny\n")
    assert (follower.poll(), follower.behind_bytes()) == ([long, b"y"], 0)
    os.utime(file)
    assert follower.poll() == []
