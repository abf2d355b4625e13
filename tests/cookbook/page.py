"""The recipes of the cookbook page; `python tests/cookbook/page.py` writes their definitions beside the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["DEFINITIONS", "PAGE", "TESTS", "Recipe", "read_recipes"]

TESTS = Path(__file__).parent
DEFINITIONS = TESTS / "definitions"
PAGE = TESTS.parent.parent / "jobs/docs/cookbook.md"

_RECIPE = re.compile(
    r"^### (?P<title>.+)\n"
    r"\n(?P<sentence>(?:.+\n)+?)"
    r"Proved by \[(?P<name>\w+)\.yaml\]\(\.\./\.\./tests/cookbook/(?P=name)\.yaml\)\.\n"
    r"\n```yaml\n(?P<definition>(?:.*\n)+?)```$",
    re.MULTILINE,
)


class Recipe(NamedTuple):
    """One question and its definition, as the page has them; `name` is that of the file of tests."""

    title: str
    sentence: str
    name: str
    definition: str


def read_recipes(text: str) -> list[Recipe]:
    """Read all recipes of the page's text, in its order."""
    return [Recipe(**found.groupdict()) for found in _RECIPE.finditer(text)]


def _write() -> None:
    """Write the definition of each recipe to its file; what the page no longer has goes."""
    recipes = read_recipes(PAGE.read_text(encoding="utf-8"))
    for file in DEFINITIONS.glob("*.yaml"):
        file.unlink()
    for recipe in recipes:
        (DEFINITIONS / f"{recipe.name}.yaml").write_text(recipe.definition, encoding="utf-8")


if __name__ == "__main__":
    _write()
