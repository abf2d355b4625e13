"""The one error of the condition language: what is wrong, and where."""

from __future__ import annotations

from livesegments.core.errors import LivesegmentsError

__all__ = ["ConditionError"]


class ConditionError(LivesegmentsError):
    """A condition that is not accepted; `column` counts characters of the text from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.message = message
        self.column = column
