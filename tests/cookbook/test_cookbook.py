"""Every recipe of the cookbook does what the page says: its tests pass, and fail when an expectation is broken."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cookbook.page import DEFINITIONS, PAGE, TESTS, Recipe, read_recipes
from livesegments.cli import main
from livesegments.core.step import Engine
from livesegments.preview import CaseFile, judge, read_cases
from livesegments.preview.cases import Case, ExpectedChange

RECIPES_MIN = 40
RECIPES = read_recipes(PAGE.read_text(encoding="utf-8"))
each_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


def test_the_page_has_forty_recipes_and_none_that_is_not_read() -> None:
    assert len(RECIPES) >= RECIPES_MIN
    text = PAGE.read_text(encoding="utf-8")
    assert [recipe.title for recipe in RECIPES] == [line[4:] for line in text.splitlines() if line.startswith("### ")]
    assert text.count("```yaml\n") == len(RECIPES)


def test_each_recipe_has_its_tests_and_each_file_of_tests_its_recipe() -> None:
    names = sorted(recipe.name for recipe in RECIPES)
    assert sorted(file.stem for file in TESTS.glob("*.yaml")) == names
    assert sorted(file.stem for file in DEFINITIONS.glob("*.yaml")) == names


@each_recipe
def test_the_definition_that_is_tested_is_that_of_the_page(recipe: Recipe) -> None:
    tested = (DEFINITIONS / f"{recipe.name}.yaml").read_text(encoding="utf-8")
    assert tested == recipe.definition, "write what the page says: python tests/cookbook/page.py"
    first_line = file_of(recipe).read_text(encoding="utf-8").splitlines()[0]
    assert first_line == f"definition: definitions/{recipe.name}.yaml"


@each_recipe
def test_the_tests_of_a_recipe_pass(recipe: Recipe) -> None:
    with pytest.raises(SystemExit) as done:
        main(["test", str(file_of(recipe))])
    assert done.value.code in (0, None)


@each_recipe
def test_somebody_is_in_and_somebody_else_is_out(recipe: Recipe) -> None:
    cases = read_cases(file_of(recipe)).cases
    users_in = {case.user for case in cases if shows(case, inside=True)}
    users_out = {case.user for case in cases if shows(case, inside=False)}
    assert any(one != other for one in users_in for other in users_out)


@each_recipe
def test_each_broken_expectation_fails(recipe: Recipe) -> None:
    cases = read_cases(file_of(recipe))
    passed = [case.name for case in broken(cases) if not judge(only(cases, case), engine_of)[0].failures]
    assert passed == []


def test_the_command_fails_when_an_expectation_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (TESTS / "abandoned_cart.yaml").read_text(encoding="utf-8")
    right = "segments: [abandoned_cart]"
    assert text.count(right) == 1
    wrong = text.replace(right, "segments: []").replace("definitions/", f"{DEFINITIONS}/")
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(SystemExit) as done:
        main(["test", str(tmp_path / "wrong.yaml")])
    assert done.value.code == 1
    assert "abandoned_cart: expected out, found in" in capsys.readouterr().out


def test_the_output_on_the_page_is_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["test", str(TESTS / "abandoned_cart.yaml")])
    said = capsys.readouterr().err
    assert f"$ livesegments test tests/cookbook/abandoned_cart.yaml\n{said}```" in PAGE.read_text(encoding="utf-8")


def file_of(recipe: Recipe) -> Path:
    return TESTS / f"{recipe.name}.yaml"


def engine_of(cases: CaseFile, until_ms: int) -> Engine:
    assert not cases.definition.has_models
    return Engine(cases.definition)


def only(cases: CaseFile, case: Case) -> CaseFile:
    return msgspec.structs.replace(cases, cases=[case])


def shows(case: Case, *, inside: bool) -> bool:
    """Tell whether the user is seen inside a segment; or outside of one, all the time or when looked at."""
    in_one = any((case.segments or {}).values()) or bool(case.changes)
    return in_one if inside else not in_one or False in (case.segments or {}).values()


def broken(cases: CaseFile) -> list[Case]:
    """Give each case with one thing wrong: a segment, a feature, a time, a change that is missing or too many."""
    wrong: list[Case] = []
    for case in cases.cases:
        alone = msgspec.structs.replace(case, segments=None, features=None, changes=None)
        for name, inside in (case.segments or {}).items():
            wrong.append(msgspec.structs.replace(alone, segments={name: not inside}))
        for name, value in (case.features or {}).items():
            wrong.append(msgspec.structs.replace(alone, features={name: value + 0.001 if is_number(value) else None}))
        for number, change in enumerate(case.changes or []):
            changes = list(case.changes or [])
            changes[number] = msgspec.structs.replace(change, at_ms=(change.at_ms or 0) + 1)
            wrong.append(msgspec.structs.replace(alone, changes=changes))
            wrong.append(msgspec.structs.replace(alone, changes=changes[:number]))
        if case.changes == []:
            change = ExpectedChange(change="entered", segment=next(iter(cases.definition.segments)))
            wrong.append(msgspec.structs.replace(alone, changes=[change]))
    return wrong


def is_number(value: object) -> bool:
    return isinstance(value, int | float)
