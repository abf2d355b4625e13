"""A sweep equals one preview for each value, in one pass."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from livesegments.cli import main
from livesegments.core.definition import parse_definition
from livesegments.core.errors import EdgeError
from livesegments.core.step import Engine
from livesegments.preview import SweepReport, Trial, read_sweep, report_of
from preview.shops import OLD, lines, old

WHOLE = "segments.flappers.when: views_7d >= {2..5}"


def test_each_value_is_what_a_preview_of_it_alone_tells() -> None:
    sweep = read_sweep(WHOLE, old())
    trial = Trial(Engine(sweep.definition))
    trial.run(lines())
    told = sweep.report_of(trial)
    assert [one.value for one in told.values] == ["2", "3", "4", "5"]
    for one in told.values:
        text = OLD.replace("flappers:   {when: 'views_7d >= 2'}", f"flappers:   {{when: '{one.condition}'}}")
        alone = Trial(Engine(parse_definition(text)))
        alone.run(lines())
        found = next(found.new for found in report_of(alone).segments if found.segment == "flappers")
        assert found is not None
        for name in ("members", "share", "entered_per_day", "left", "returned", "median_stay_ms"):
            assert getattr(one, name) == getattr(found, name)
        users = {user for user in alone.new.users() if "flappers" in alone.new.profile(user).members}
        now = {user for user in trial.new.users() if "flappers" in trial.new.profile(user).members}
        assert one.jaccard == len(users & now) / len(users | now)
    assert told.values[0].jaccard == 1
    sizes = [one.members.users for one in told.values]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{2..5}", ["2", "3", "4", "5"]),
        ("{0.1..0.3..0.1}", ["0.1", "0.2", "0.3"]),
        ("{1d, 2d,7d}", ["1d", "2d", "7d"]),
    ],
)
def test_braces_hold_a_range_or_a_list(text: str, values: list[str]) -> None:
    key = "cooldown" if "d" in text else "when"
    text = text if "d" in text else f"views_7d > {text}"
    assert [value for value, _ in read_sweep(f"segments.flappers.{key}: {text}", old()).values] == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flappers >= {2..8}", "expected segments.NAME.KEY: TEXT"),
        ("segments.flapers.when: views_7d >= {2..8}", 'found "flapers"; did you mean "flappers"?'),
        ("segments.flappers.when: views_7d >= 2", "expected one pair of braces"),
        ("segments.flappers.when: views_7d >= {8..2}", "expected a range such as"),
        ("segments.flappers.when: views_7d >= {1..99}", "expected 2 to 50 values, found 99"),
        ("segments.flappers.when: views_7 >= {1..3}", 'unknown name "views_7"; did you mean "views_7d"?'),
    ],
)
def test_what_is_no_sweep_is_told(text: str, message: str) -> None:
    with pytest.raises(EdgeError, match="--sweep") as raised:
        read_sweep(text, old())
    assert message in str(raised.value)


def test_the_command_prints_a_line_for_each_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    Path("old.yaml").write_text(OLD)
    Path("events.jsonl").write_bytes(b"\n".join(lines()))
    for arguments in (("-q",), ("-q", "--json")):
        with pytest.raises(SystemExit) as done:
            main(["preview", "old.yaml", "--events", "events.jsonl", "--sweep", WHOLE, *arguments])
        assert not done.value.code
    shown = capsys.readouterr().out.splitlines()
    assert sum("views_7d >= " in line for line in shown[:-1]) == 4
    assert len(msgspec.json.decode(shown[-1], type=SweepReport).values) == 4
