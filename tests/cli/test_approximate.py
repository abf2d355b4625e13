"""`replay` says at the end which features are approximate, as users have more than the limits of the definition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livesegments.cli import main

DEFINITION = """
limits: {samples: 4, distinct: 2}
features:
  views: {count: Product Viewed}
  views_10d: {count: Product Viewed, within: 10d}
  views_1d: {count: Product Viewed, within: 1d}
  brands: {top: Product Viewed, of: brand}
"""


def replayed(views: list[tuple[str, int, str]], capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Give what is said of views of a user on a day of a brand."""
    event = {"type": "track", "event": "Product Viewed"}
    lines = [
        json.dumps(
            event
            | {
                "messageId": str(number),
                "userId": user,
                "timestamp": f"2024-01-{day:02}",
                "properties": {"brand": brand},
            }
        )
        for number, (user, day, brand) in enumerate(views)
    ]
    Path("segments.yaml").write_text(DEFINITION)
    Path("events.jsonl").write_text("\n".join(lines))
    with pytest.raises(SystemExit) as done:
        main(["replay", "events.jsonl", *arguments])
    assert not done.value.code
    return capsys.readouterr().err


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


MANY = [("ann", day, "a") for day in range(1, 7)] + [("ben", 6, brand) for brand in "abc"]


def test_what_is_approximate_is_told_with_the_share_of_users(capsys: pytest.CaptureFixture[str]) -> None:
    """Ann's window of ten days holds six views, and four are kept one by one; Ben has three brands."""
    told = replayed([*MANY, ("cas", 6, "a"), ("dan", 6, "b")], capsys)
    assert (
        "approximate, by `limits` of the definition: "
        "brands of 25.0% of users (over 2 values: further ones count in the total only); "
        "views_10d of 25.0% of users (over 4 events: they leave the window 2.5 days at a time). "
        "livesegments explain USER tells each"
    ) in told


def test_nothing_is_said_where_all_is_exact_or_was_long_ago(capsys: pytest.CaptureFixture[str]) -> None:
    assert "approximate" not in replayed(MANY[1:5], capsys)
    assert "approximate" not in replayed([*MANY[:6], ("ann", 28, "a")], capsys)
    assert "approximate" not in replayed(MANY, capsys, "--quiet")
