"""Records on a stdout that nobody watches are written many at once, and none is lost by an error."""

import io
import sys
from pathlib import Path

import pytest

from livesegments.cli.console import many_lines, print_line


def test_an_error_loses_no_line_and_stdout_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    with io.TextIOWrapper(io.FileIO(path, "w"), write_through=True) as stdout, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", stdout)  # as with PYTHONUNBUFFERED
        with pytest.raises(RuntimeError):
            _write_two_and_fail(path)
        print_line(b"three")
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def _write_two_and_fail(path: Path) -> None:
    with many_lines() as lines:
        lines.write(b"one\n")
        lines.write(b"two\n")
        assert path.read_bytes() == b""  # not a write for each line
        raise RuntimeError
