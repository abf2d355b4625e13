"""What users write is data to the code that is generated for conditions, never a part of it."""

from __future__ import annotations

import pytest

from core.conditions.evaluated import value_of
from livesegments.core.conditions import compile_value, parse


@pytest.mark.parametrize("word", ["None", "values", "UNKNOWN", "lift", "answer", "v1", "__builtins__", "exec"])
def test_names_of_the_generated_code_are_free_for_users(word: str) -> None:
    assert value_of(f"{word} + 1", **{word: 1}) == 2.0


@pytest.mark.parametrize("character", ["\x00", "\\n", "\\\\", "'", "{0}", "\u2028", "\\U0001f600", "\\x7f"])
def test_any_string_is_data_and_never_code(character: str) -> None:
    text = f'x == "{character}" || x in ["{character}"] || x.contains("{character}")'
    written = parse(f'"{character}"')
    plain = compile_value(written, {})([])
    assert value_of(text, x=plain) is True
    assert value_of(text, x=plain + "!") is True
    assert value_of(text, x="?") is False
