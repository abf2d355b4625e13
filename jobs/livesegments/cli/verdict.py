"""What is said at the end of a command that reads events, beside the sum: nothing read, misspelt, came too late."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from livesegments.cli.console import say
from livesegments.core.errors import LivesegmentsError

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.core.replay import Counts
    from livesegments.files import EventLines

__all__ = ["conclude", "say_left_out", "say_misspelt"]

_UNREAD = frozenset({"too_large", "invalid_json", "invalid_event", "missing_user", "key_mismatch"})


def say_left_out(lines: EventLines, *, quiet: bool) -> None:
    """Name the files of a folder that hold no events."""
    text = str(lines.listing)
    if text:
        say(text, quiet=quiet)


def conclude(events: Path, counts: Counts, dead_letters: str, *, quiet: bool) -> None:
    """Say that events came too late where files overlap; raise LivesegmentsError when nothing at all could be read.

    `dead_letters` says where the bad events and their reasons are, or how to get them.
    """
    from livesegments.files import event_files, why_nothing_was_read

    letters = counts.dead_letters
    if counts.events and sum(letters.values()) == counts.events and letters.keys() <= _UNREAD:
        raise LivesegmentsError(why_nothing_was_read(events, dead_letters))
    late = letters.get("too_late", 0)
    if late and len(event_files(events)) > 1:
        say(
            f"{late:,} events were older than limits.lateness of the definition allows. Files are read one after the "
            "other: where they cover the same days, such as one file per event name, put them in order first: "
            f"livesegments convert {events} --by-time --out events.jsonl",
            quiet=quiet,
        )


def say_misspelt(names: Mapping[str, int], definition: Definition, source: Path, *, quiet: bool) -> None:
    """Say in one line which names look misspelt; nothing where none does."""
    from livesegments.survey import slips, slips_line

    text = slips_line(slips(names, definition), str(source))
    if text is not None:
        say(text, quiet=quiet)
