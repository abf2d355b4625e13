"""`livesegments compare`: two runs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from livesegments.cli import main
from livesegments.preview.comparing import Comparison


def write(folder: Path, **users: list[str] | None) -> None:
    """Write a run's profiles over two files; None is erased."""
    (folder / "profiles").mkdir(parents=True)
    rows = [
        json.dumps({"user_id": user, "erased": True} if segments is None else {"user_id": user, "segments": segments})
        for user, segments in users.items()
    ]
    (folder / "profiles" / "part-0").write_text("\n".join(rows[::2]) + "\n")
    (folder / "profiles" / "part-1").write_text("\n".join(rows[1::2]) + "\n")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["compare", *arguments])
    return int(done.value.code or 0)


def test_members_are_counted_in_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("a"), ann=["vip"], ben=["vip", "new"], cleo=[], dora=["vip"])
    write(Path("b"), ann=["vip"], ben=["old"], cleo=["vip"], dora=None)
    assert run("a", "b", "--json") == 0
    told = msgspec.json.decode(capsys.readouterr().out, type=Comparison)
    assert (told.users_first, told.users_second) == (4, 3)
    assert {
        one.segment: (one.first, one.second, one.both, one.only_first, one.only_second) for one in told.segments
    } == {
        "new": (1, 0, 0, ["ben"], []),
        "old": (0, 1, 0, [], ["ben"]),
        "vip": (3, 2, 1, ["ben", "dora"], ["cleo"]),
    }
    assert run("a", "b") == 0
    assert "ben, dora, cleo" in capsys.readouterr().out
    assert run("a", "c") == 2
    assert "required the folder of a run, found no profiles in it" in capsys.readouterr().err
