"""How a command that runs for ever shows that it does: a line that is renewed, or one a minute in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from livesegments.cli.console import say

__all__ = ["RunningLine"]

_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 60.0


class RunningLine:
    """One line on stderr, and messages between."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._due = time.monotonic() + (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS)

    def show(self, text: Callable[[], str]) -> None:
        """Show how far it is, if that was not done just now."""
        now = time.monotonic()
        if self._quiet or now < self._due:
            return
        self._due = now + (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS)
        if self._terminal:
            print(f"\r\x1b[2K{text()}", end="", file=sys.stderr, flush=True)  # noqa: T201
        else:
            say(text())

    def say(self, text: str) -> None:
        """Tell something that stays."""
        self.clear()
        say(text, quiet=self._quiet)

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal and not self._quiet:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)  # noqa: T201
