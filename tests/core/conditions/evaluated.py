"""What a condition's text is worth for values by name."""

from __future__ import annotations

from typing import Any

from livesegments.core.conditions import compile_value, parse

__all__ = ["value_of"]


def value_of(text: str, **values: Any) -> Any:
    return compile_value(parse(text), {name: slot for slot, name in enumerate(values)})(list(values.values()))
