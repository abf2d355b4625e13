"""The four errors that livesegments raises on purpose; everything else is a bug."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

__all__ = ["BadEvent", "DefinitionError", "EdgeError", "LivesegmentsError", "Problem"]


class LivesegmentsError(Exception):
    """Say where, what was required, what was found and what to do."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a definition file: where it is and what to do about it."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Give the problem as `file:line path: message`."""
        return (
            f"{self.file}:{self.line} {self.path}: {self.message}"
            if self.path
            else f"{self.file}:{self.line} {self.message}"
        )


class DefinitionError(LivesegmentsError):
    """The definition file is wrong; carries all problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class BadEvent(LivesegmentsError):  # noqa: N818 - the word of the contract
    """An event that cannot be applied and becomes a dead letter with this reason."""

    def __init__(self, reason: str, message: str, user: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.user = user


class EdgeError(LivesegmentsError):
    """A DDL file, a topic, a connector or a path of the user's is wrong."""
