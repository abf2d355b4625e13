"""What is said at the end of a command that reads events, beside the sum: nothing read, misspelt, came too late."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from livesegments.cli.console import say
from livesegments.core.errors import LivesegmentsError

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.core.ingest import Counts
    from livesegments.core.replay import Replay
    from livesegments.core.skipped import Skipped
    from livesegments.files import EventLines

__all__ = ["conclude", "say_approximate", "say_left_out", "say_misspelt", "say_skipped"]

_TOLD_MAX = 3
_LOOKED_AT_MAX = 1_000
_UNREAD = frozenset({"too_large", "invalid_json", "invalid_event", "missing_user", "key_mismatch"})


def say_left_out(lines: EventLines, *, quiet: bool) -> None:
    """Name the files of a folder that hold no events."""
    text = str(lines.listing)
    if text:
        say(text, quiet=quiet)


def conclude(events: Path | None, counts: Counts, dead_letters: str, *, left_out: int = 0, quiet: bool) -> None:
    """Say what went wrong with many events; raise LivesegmentsError when nothing at all could be read.

    `events` is None where an edge made the events; `dead_letters` says where the bad ones and their reasons are.
    `left_out` is how many events a sample of the users left out.
    """
    letters = counts.dead_letters
    if left_out and sum(letters.values()) == counts.events:
        say(f"{events}: no user of the sample has an event in it; take a larger --share", quiet=quiet)
    elif events is not None and not counts.events:
        say(f"{events}: there is no event in it", quiet=quiet)
    elif counts.events and sum(letters.values()) == counts.events and letters.keys() <= _UNREAD:
        raise LivesegmentsError(_why(events, counts, dead_letters))
    if events is not None and letters.get("too_late"):
        _say_late(events, letters["too_late"], quiet=quiet)
    if counts.forgotten_ids:
        say(
            f"{counts.forgotten_ids:,} message ids were forgotten too soon, as their users have more than "
            "limits.message_ids of the definition within limits.lateness: copies of those events would count twice",
            quiet=quiet,
        )


def _why(events: Path | None, counts: Counts, dead_letters: str) -> str:
    from livesegments.files import why_nothing_was_read

    if events is not None:
        return why_nothing_was_read(events, dead_letters)
    reasons = ", ".join(sorted(counts.dead_letters))
    return f"nothing could be read: all {counts.events:,} events are dead letters ({reasons}). {dead_letters}"


def _say_late(events: Path, late: int, *, quiet: bool) -> None:
    from livesegments.files import event_files

    if len(event_files(events)) > 1:
        say(
            f"{late:,} events were older than limits.lateness of the definition allows. Files are read one after the "
            "other: where they cover the same days, such as one file per event name, put them in order first: "
            f"livesegments convert {events} --by-time --out events.jsonl",
            quiet=quiet,
        )


def say_skipped(skipped: Skipped | None, *, quiet: bool) -> None:
    """Say what of the events could not be read and was passed over: the three most frequent, by name and path."""
    if not skipped:
        return
    most = skipped.most()
    parts = [f"{skip.path} of {skip.events:,} {skip.name}" for skip in most[:_TOLD_MAX]]
    parts += [f"the user id {user!r} of {events:,} events" for user, events in sorted(skipped.users.items())]
    more = f" and {len(most) - _TOLD_MAX} more" if len(most) > _TOLD_MAX else ""
    say(f"not read as it stands: {', '.join(parts)}{more}; livesegments check --events tells all", quiet=quiet)


def say_approximate(run: Replay, *, quiet: bool) -> None:
    """Say which features are approximate at the end, for which share of the users: of every n-th, 1,000 at most."""
    from livesegments.core.explain import at_limits

    end_ms = run.end_ms
    if quiet or end_ms is None:
        return
    users = list(run.profiles)
    looked_at = users[:: -(-len(users) // _LOOKED_AT_MAX)]
    found = at_limits(run.engine.program, map(run.profiles.__getitem__, looked_at), end_ms)
    if not found:
        return
    parts = [f"{one.feature} of {one.users / len(looked_at):.1%} of users ({one.words})" for one in found[:_TOLD_MAX]]
    more = f", and {len(found) - _TOLD_MAX} more features" if len(found) > _TOLD_MAX else ""
    say(f"approximate, by `limits` of the definition: {'; '.join(parts)}{more}. livesegments explain USER tells each")


def say_misspelt(names: Mapping[str, int], definition: Definition, source: Path) -> None:
    """Say in one line which names look misspelt; nothing where none does."""
    from livesegments.survey import slips, slips_line

    text = slips_line(slips(names, definition), str(source))
    if text is not None:
        say(text)
