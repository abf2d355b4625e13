"""`check --strict` for pipelines, and what `check` only advises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.test_small_words import run
from core.samples import definition, line
from livesegments.core.definition import advice_of, load_definition

DEFINITION = "features: {orders: {count: NAME}}\nsegments: {buyers: {when: 'orders >= 1'}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("right.yaml").write_text(DEFINITION.replace("NAME", "Order Completed"))
    Path("wrong.yaml").write_text(DEFINITION.replace("NAME", "order completed"))
    Path("warned.yaml").write_text(DEFINITION.replace("NAME", "'Order Completed '"))
    Path("events.jsonl").write_bytes(line(event="Order Completed") + b"\n")
    Path("static.yaml").write_text(DEFINITION.replace("NAME", "x").replace("{when", "{kind: static, when"))
    Path("more.yaml").write_text(DEFINITION.replace("NAME", "[Order Completed, Newsletter Signup]"))
    Path("empty.jsonl").write_bytes(b"")
    Path("dead.jsonl").write_bytes(line(event="Order Completed", timestamp="yesterday") + b"\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["right.yaml", "--events", "events.jsonl", "--strict"], 0, ""),
        (["wrong.yaml", "--events", "events.jsonl"], 0, ""),
        (["wrong.yaml", "--events", "events.jsonl", "--strict"], 1, "--strict: 1 thing looks wrong"),
        (["wrong.yaml", "--events", "events.jsonl", "--strict", "--json"], 1, "--strict: 1 thing looks wrong"),
        (["wrong.yaml", "--strict"], 0, ""),
        (["warned.yaml"], 0, "warning: "),
        (["warned.yaml", "--strict"], 1, "--strict: 1 thing looks wrong"),
        (["warned.yaml", "--events", "events.jsonl", "--strict"], 1, "--strict: 2 things look wrong"),
        (["wrong.yaml", "--events", "events.jsonl", "--strict", "--quiet"], 1, "--strict: 1 thing looks wrong"),
        (["right.yaml", "--events", "empty.jsonl"], 0, ""),
        (["right.yaml", "--events", "empty.jsonl", "--strict"], 1, "--strict: no event was applied"),
        (["right.yaml", "--events", "empty.jsonl", "--strict", "--quiet"], 1, "--strict: no event was applied"),
        (["right.yaml", "--events", "dead.jsonl"], 0, ""),
        (["right.yaml", "--events", "dead.jsonl", "--strict"], 1, "--strict: no event was applied"),
        (["warned.yaml", "--events", "empty.jsonl", "--strict"], 1, "--strict: 1 thing looks wrong, and no event was"),
        (["static.yaml", "--strict"], 0, "advice: "),
        (["more.yaml", "--events", "events.jsonl", "--strict"], 0, ""),  # of it a name never came
    ],
)
def test_strict_ends_with_1_when_something_looks_wrong(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", *arguments) == code
    told = capsys.readouterr()
    assert said in told.err
    assert not ("Nothing looks wrong." in told.out and "no event was applied" in told.err)
    assert ("--strict" in told.err) is bool(code)
    if "--json" in arguments:
        assert len(json.loads(told.out)["findings"]) == 1


def test_the_table_has_names_that_never_came(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "wrong.yaml", "--events", "events.jsonl") == 0
    told = capsys.readouterr().out
    assert "Names in the definition that never came" in told
    assert "orders (count)" in told


def test_what_is_advised_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "static.yaml", "--strict") == 0
    told = capsys.readouterr().err
    assert "advice: static.yaml segments.buyers: a static segment is decided as soon as nothing in `when`" in told
    assert "`orders` is never null" in told


FEATURES = {
    "orders": {"count": "A"},
    "visits": {"session": "count"},
    "length": {"session": "average_duration"},
    "first": {"first": "A", "of": "b"},
    "half": {"bucket": "half"},
    "ratio": {"ratio": ["A", "B"]},
    "score": {"value": "has(ratio) ? orders + 1 : 0"},
    "share": {"value": "orders / visits"},
    "group": {"value": 'half < 50 ? "a" : "b"'},
    "always": {"value": "1 + 1"},
    "mixed": {"value": "half < 50 ? orders : 0"},
}


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("orders >= 3", "`orders` is never null"),
        ("orders >= 3 && visits > 1", "`orders`, `visits` are never null"),
        ("half < 50 && orders >= 3", "`orders` is never null"),
        ("score > 2", "`score` is never null"),
        ("other && orders >= 3", "`other`, `orders` are never null"),
        ("orders >= 3 && has(first)", None),
        ("length > 3", None),
        ("ratio > 0.5", None),
        ("share > 0.5", None),
        ("half < 50", None),
        ('group == "a"', None),
        ("always == 2", None),
        ("listed", None),
        ("control && !listed", None),
        ('group == "a" && !listed && orders >= 3', "and `orders` is never null"),
        ("mixed > 2", "`mixed` is never null"),
        ("in_and_out && half < 50", "and `in_and_out` is never null"),
    ],
)
def test_a_static_segment_that_the_first_event_decides(when: str, told: str | None) -> None:
    Path("ids.txt").write_text("u-1\n")
    segments = {
        "s": {"kind": "static", "when": when},
        "other": {"when": "orders > 1"},
        "listed": {"members": "ids.txt"},
        "control": {"when": "half < 50"},
        "in_and_out": {"when": "half < 50", "exit_when": "half > 10"},
    }
    found = list(advice_of(definition(FEATURES, segments)))
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


def test_shop_yaml_needs_no_advice() -> None:
    assert list(advice_of(load_definition())) == []
