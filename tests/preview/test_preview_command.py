"""`livesegments preview`: the command, what it prints, and what it says of wrong input."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from livesegments.cli import main
from livesegments.preview import Preview
from preview.shops import NEW, OLD, lines


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    Path("old.yaml").write_text(OLD)
    Path("new.yaml").write_text(NEW)
    Path("events.jsonl").write_bytes(b"\n".join(lines()))
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["preview", *arguments])
    return int(done.value.code or 0)


def test_it_prints_tables_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new.yaml", "--events", "events.jsonl") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("new.yaml: 150 users, ")
    assert all(word in shown for word in ("lapsing", "median stay", "back in 7 d", "event 100%"))
    assert max(map(len, shown.splitlines())) <= 120


def test_bars_stand_where_people_were_in_the_segment(capsys: pytest.CaptureFixture[str]) -> None:
    Path("month.yaml").write_text(
        "features:\n  orders: {count: Order Completed, within: 30d}\nsegments:\n  buyers: {when: 'orders > 0'}\n"
    )
    names = {"2024-01-03": "Order Completed", "2024-04-29": "Seen"}
    events = [
        {"type": "track", "event": name, "messageId": day, "userId": "ann", "timestamp": f"{day}T00:00:00Z"}
        for day, name in names.items()
    ]
    Path("two.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, events)))
    assert run("month.yaml", "--events", "two.jsonl", "--segment", "buyers", "-q") == 0
    shown = capsys.readouterr().out
    assert " ██·······" in shown  # rich cuts blanks at the end: the bars of January would stand below April
    assert "Over time, the newest 15 of 17 steps" in shown


def test_against_another_definition_it_says_what_differs_and_what_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new.yaml", "--against", "old.yaml", "--events", "events.jsonl", "--segment", "lapsing", "-q") == 0
    shown = capsys.readouterr().out
    assert "lapsing: users that differ" in shown
    assert "days_since_order > 10 [" in shown
    assert "3 segments were not edited: the same figures under both definitions." in shown
    assert "What brought users in" in shown


def test_the_same_file_on_both_sides_has_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("old.yaml", "--against", "old.yaml", "--events", "events.jsonl", "-q") == 0
    shown = capsys.readouterr().out
    assert "No segment was edited." in shown
    assert "8 segments were not edited: the same figures under both definitions." in shown


def test_json_is_one_record_and_a_sample_tells_its_error(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("new.yaml", "--events", "events.jsonl", "--share", "0.5", "--until", "2030-01-01", "--json", "-q") == 0
    told = msgspec.json.decode(capsysbinary.readouterr().out, type=Preview, strict=True)
    assert told.share == 0.5
    low, high = told.users.interval
    assert low < 150 < high
    assert told.end == "2030-01-01T00:00:00.000Z"


def test_only_predictions_that_a_feature_reads_are_learned(capsys: pytest.CaptureFixture[str]) -> None:
    bought = "predictions: {buys: {will: Order Completed, within: 3d, model: logistic_regression}}\n"
    Path("unread.yaml").write_text(NEW + bought)
    Path("read.yaml").write_text(NEW.replace("segments:", "  buys: {prediction: buys}\nsegments:") + bought)
    told = {}
    for name in ("unread", "read"):
        assert run(f"{name}.yaml", "--events", "events.jsonl") == 0
        told[name] = "first pass: 0 model versions learned" in capsys.readouterr().err
    assert told == {"unread": True, "read": False}


def test_a_picture_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("new.yaml", "--against", "old.yaml", "--events", "events.jsonl", "--picture", "sizes.png") == 0
    assert Path("sizes.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--share", "2"), "--share: required a number above 0 and at most 1, found 2"),
        (("--segment", "lapsin"), 'required a segment of the definition, found "lapsin"; did you mean "lapsing"?'),
        (("--against", "none.yaml"), "none.yaml:1 expected a definition file, found none"),
        (("--picture", "sizes.gif"), "required a name that ends in .png or .svg"),
    ],
)
def test_wrong_input_is_told(arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new.yaml", "--events", "events.jsonl", *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("more", [b"", b"no event\n"])
def test_a_sample_without_users_is_told(more: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("few.jsonl").write_bytes(more + b"\n".join(lines()[:50]))
    assert run("new.yaml", "--events", "few.jsonl", "--share", "1e-9") == 0
    told = capsys.readouterr().err
    assert "few.jsonl: no user of the sample has an event in it; take a larger --share" in told
    assert "there is no event" not in told
    Path("few.jsonl").write_bytes(b"")
    assert run("new.yaml", "--events", "few.jsonl", "--share", "1e-9") == 0
    assert "few.jsonl: there is no event in it" in capsys.readouterr().err


def test_a_sample_does_not_go_with_identities(capsys: pytest.CaptureFixture[str]) -> None:
    Path("with.yaml").write_text(NEW + "identity: {}\n")
    assert run("old.yaml", "--against", "with.yaml", "--events", "events.jsonl", "--share", "0.5") == 2
    assert "without `identity:`, found one in with.yaml" in capsys.readouterr().err
    assert run("with.yaml", "--events", "events.jsonl", "-q") == 0


def test_a_missing_definition_is_told_by_how_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        (("none.yaml",), 'none.yaml:1 expected a definition file, found none; did you mean "new.yaml"?\n'),
        (("new.yaml", "--against", "none.yaml"), "Or give one with --against FILE\n"),
    ):
        assert run(*arguments, "--events", "events.jsonl") == 2
        assert capsys.readouterr().err.endswith(message)


def test_events_or_edges_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new.yaml") == 2
    assert "required --events PATH or --edges FILE, found neither" in capsys.readouterr().err
    assert run("new.yaml", "--edges", "none.sql") == 2
    assert "none.sql: required a DDL file, found nothing there" in capsys.readouterr().err
