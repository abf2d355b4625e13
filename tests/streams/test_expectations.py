"""A golden stream judged by a test file such as users write, with the command that they type."""

from pathlib import Path

import pytest

from livesegments.cli import main

EXPECT = Path(__file__).parent / "expect"


def test_the_stories_are_as_their_test_files_expect(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(EXPECT.glob("*.yaml"))
    assert files
    main_of(files)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "3 of 3 tests passed\n")


def main_of(files: list[Path]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["test", *map(str, files)])
    assert done.value.code in (0, None)
