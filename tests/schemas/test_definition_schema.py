"""The schema of the definition file accepts what the parser accepts, and underlines what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import livesegments
from core.replays import definition_of
from livesegments.cli import main
from livesegments.core.definition import parse_definition
from livesegments.core.definition.document import Document
from livesegments.core.definition.feature_specs import KINDS
from livesegments.core.errors import DefinitionError
from livesegments.schemas import definition_schema
from oracle.strategies import case_of
from preview.shops import NEW, OLD

SCHEMA = Draft202012Validator(definition_schema())
PACKAGE = Path(livesegments.__file__).parent
TESTS = Path(__file__).parent.parent
FILES = [
    *(PACKAGE / "definitions").glob("*.yaml"),
    *TESTS.glob("streams/*.yaml"),
    *TESTS.glob("**/*_definition/*.yaml"),
]


def accepts(value: Any) -> bool:
    return bool(SCHEMA.is_valid(value))


def plain(text: str) -> Any:
    return Document(text, "test.yaml").value


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(definition_schema())


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "stories.yaml"], ids=lambda file: file.name)
def test_a_definition_of_the_package_or_of_a_test_is_accepted(file: Path) -> None:
    SCHEMA.validate(plain(file.read_text()))


@pytest.mark.thorough
def test_generated_definitions_that_the_parser_reads_are_accepted() -> None:
    kinds: set[str] = set()
    for seed in range(150):
        case = case_of(seed)
        parsed = definition_of(case.definition)
        SCHEMA.validate(plain(parsed.text))
        kinds |= {spec.kind for spec in parsed.features.values()}
    assert len(kinds) > 15
    assert all(accepts(plain(text)) for text in (OLD, NEW))


def test_every_kind_and_option_of_the_parser_is_known() -> None:
    kinds = {
        next(iter(schema["required"])): schema["properties"]
        for schema in definition_schema()["$defs"]["feature"]["anyOf"]
    }
    assert set(kinds) == {*KINDS, "value"}
    for kind, built in KINDS.items():
        assert set(kinds[kind]) == {kind, *built.options}


BASE: dict[str, Any] = {
    "version": 1,
    "features": {
        "orders": {"count": "Order Completed", "within": "30d", "where": "revenue > 1"},
        "brands": {"top": ["Order Completed", "Order *"], "of": "products.brand", "n": 3},
        "visits": {"session": "count", "gap": "1h"},
        "season": {"peak": "*", "by": "season"},
        "rate": {"ratio": ["A", "B"], "between": ["9d", "2d"]},
        "kind": {"cluster": "kinds"},
    },
    "segments": {"vip": {"when": "orders > 1", "exit_when": "orders < 1", "min_dwell": "2d", "tags": ["a"]}},
    "clusters": {"kinds": {"features": ["orders", "visits"], "clusters": 3}},
    "predictions": {"buys": {"will": "Order Completed", "within": "30d"}},
}
MISTAKES: list[tuple[tuple[str, ...], Any]] = [
    (("versoin",), 1),
    (("version",), 2),
    (("timezone",), 5),
    (("limits",), {"lateness": "7 days"}),
    (("limits",), {"samples": 0}),
    (("limits",), {"sample": 5}),
    (("features", "orders", "within"), "30 d"),
    (("features", "orders", "withn"), "30d"),
    (("features", "orders", "sum"), "Order Completed"),
    (("features", "orders"), {"cuont": "Order Completed"}),
    (("features", "orders"), "Order Completed"),
    (("features", "2orders"), {"count": "Order Completed"}),
    (("features", "brands", "n"), 0),
    (("features", "brands", "n"), "three"),
    (("features", "brands", "of"), [1]),
    (("features", "visits", "session"), "counts"),
    (("features", "season", "by"), "decade"),
    (("features", "rate", "ratio"), ["A"]),
    (("features", "rate", "between"), ["9d"]),
    (("features", "kind"), {"cluster": "kinds", "within": "7d"}),
    (("segments", "vip"), {}),
    (("segments", "vip", "members"), "vip.txt"),
    (("segments", "vip", "when"), 5),
    (("segments", "vip", "min_dwell"), "soon"),
    (("segments", "vip", "kind"), "fixed"),
    (("segments", "vip", "tag"), ["a"]),
    (("segments", "vip", "title"), ""),
    (("clusters", "kinds", "features"), []),
    (("clusters", "kinds", "algorithm"), "kmeans++"),
    (("clusters", "kinds", "cluster"), 3),
    (("predictions", "buys"), {"within": "30d"}),
    (("predictions", "buys", "within"), 30),
    (("predictions", "buys", "model"), "forest"),
    (("predictions", "buys", "label"), 100),
]  # fmt: skip


def test_the_base_of_the_mistakes_is_right() -> None:
    parse_definition(json.dumps(BASE))
    SCHEMA.validate(BASE)


@pytest.mark.parametrize(("place", "value"), MISTAKES, ids=lambda part: json.dumps(part))
def test_a_mistake_is_one_to_both(place: tuple[str, ...], value: Any) -> None:
    wrong = json.loads(json.dumps(BASE))
    at = wrong
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = value
    with pytest.raises(DefinitionError):
        parse_definition(json.dumps(wrong))
    assert not accepts(wrong)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["schema", "definition"])
    assert not done.value.code
    assert json.loads(capsys.readouterr().out) == definition_schema()
    with pytest.raises(SystemExit) as done:
        main(["schema", "definitions"])
    assert done.value.code == 2
    assert "expected `schema definition`" in capsys.readouterr().err
