"""`check` has nothing to say about shop.yaml, and tells every use of a name that is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from livesegments.cli import main
from livesegments.core.conditions import names
from livesegments.core.definition import Definition, load_definition, parse_definition
from livesegments.core.errors import DefinitionError
from streams.stories import SHOP

TEXT = SHOP.read_text(encoding="utf-8")
DEFINITION = load_definition(SHOP)


def uses(definition: Definition) -> Iterator[tuple[str, str]]:
    """Give (path, name) for every place of the file that names a feature or segment."""
    for feature in definition.features.values():
        for name in feature.names:
            yield f"features.{feature.name}.value", name
    for segment in definition.segments.values():
        for key, condition in (("when", segment.when), ("exit_when", segment.exit_when)):
            text = condition.span.source if condition is not None else ""
            words = re.findall(r"\w+", re.sub(r'"[^"]*"', "", text))
            for name in dict.fromkeys(words):
                if name in definition.features or name in definition.segments:
                    yield f"segments.{segment.name}.{key}", name
    for section, models in (("clusters", definition.clusters), ("predictions", definition.predictions)):
        for model in models.values():
            for name in model.features:
                yield f"{section}.{model.name}.features", name
    for prediction in definition.predictions.values():
        for key, condition in prediction.classes.items():
            for name in names(condition):
                yield f"predictions.{prediction.name}.class.{key}", name
    for field in definition.profile:
        if field.feature is not None:
            yield f"profile.{field.section}.{field.name}", field.feature


USES = list(uses(DEFINITION))
NEEDED = list(dict.fromkeys(name for _, name in USES))


def without(name: str) -> str:
    """Give the text without a feature or segment: its line and the deeper ones below it."""
    section = "features" if name in DEFINITION.features else "segments"
    begin = TEXT.index(f"\n{section}:")
    taken, count = re.subn(rf"\n  {name}:[^\n]*(\n    [^\n]*)*", "", TEXT[begin:], count=1)
    assert count == 1
    return TEXT[:begin] + taken


def line_of(text: str, path: str) -> int:
    """Find the line of a path by looking for its parts one after the other."""
    lines, number = text.splitlines(), 0
    for part in path.split("."):
        while not re.search(rf"(^|[ {{]){part}:", lines[number]):
            number += 1
    return number + 1


def test_check_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--quiet", str(SHOP)])
    assert ended.value.code in (0, None)
    assert capsys.readouterr() == ("", "")


def test_the_file_uses_most_of_what_it_defines() -> None:
    assert len(NEEDED) > 45
    assert len(USES) > 90
    assert set(DEFINITION.features) - set(NEEDED) == {"interactions"}


@pytest.mark.parametrize("name", NEEDED)
def test_a_name_taken_away_is_told_wherever_it_is_used(name: str) -> None:
    text = without(name)
    with pytest.raises(DefinitionError) as wrong:
        parse_definition(text, "shop.yaml")
    told = [str(problem) for problem in wrong.value.problems]
    expected = []
    for path, used in USES:
        if used == name:
            what = "feature" if path.startswith(("profile.", "clusters.", "predictions.")) else "name"
            expected.append((line_of(text, path), f'shop.yaml:{line_of(text, path)} {path}: unknown {what} "{name}"'))
    assert len(told) == len(expected)
    for found, (_, start) in zip(told, sorted(expected), strict=True):
        assert found.startswith(start)
        assert found == start or found.startswith(f"{start}; did you mean ")


def test_the_wrong_file_is_the_users_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(without("orders_90d"), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(file)])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"shop.yaml:{line_of(file.read_text(), 'segments.frequent_browsers.when')} segments" in said.err
