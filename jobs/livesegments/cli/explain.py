"""`livesegments explain`: one user's profile, features and segments, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import counted, print_line
from livesegments.cli.engines import Models, engine_for, reading_now
from livesegments.cli.options import Config, Json, Quiet, definition_in_force, read_time
from livesegments.cli.past_events import readable_again
from livesegments.core.errors import EdgeError

if TYPE_CHECKING:
    from livesegments.core.events import Reading
    from livesegments.files import EventLines

__all__ = ["explain"]


def explain(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    events: Annotated[Path, typer.Option("--events", help="A .jsonl or .jsonl.gz file, or a folder of them.")],
    at: Annotated[
        str | None, typer.Option("--at", help="The time to explain at; without it the greatest event time.")
    ] = None,
    models: Models = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Explain one user: profile, features, each segment with each clause, and the next change if nothing happens."""
    import msgspec

    from livesegments.cli.explanation import show
    from livesegments.cli.inputs import read_lines
    from livesegments.core.explain import History
    from livesegments.core.explain import explain as explain_user

    at_ms = read_time(at, "--at")
    lines = read_lines(events)
    definition = definition_in_force(config, quiet=quiet)
    with readable_again(events) as again:
        if again is not events:
            lines = read_lines(again)
        reading = reading_now(definition, again, at_ms, quiet=quiet)
        engine = engine_for(definition, again, models, at_ms, reading, quiet=quiet)
        history = History(engine, user, at_ms, reading)
        history.read(counted(lines, "events", quiet=quiet))
        if not history.counts.events:
            raise _unknown(user, events, read_lines(again), reading, quiet=quiet)
    explanation = explain_user(
        history.engine,
        history.profile,
        history.now_ms,
        changes=history.changes,
        counts=history.counts,
        bad_lines=history.bad_lines,
        inherited=history.inherited,
    )
    if json:
        print_line(msgspec.json.encode(explanation))
    else:
        show(explanation, definition)


def _unknown(user: str, events: Path, lines: EventLines, reading: Reading, *, quiet: bool) -> EdgeError:
    """Say how many users there are and which are near; reads all events once more."""
    from livesegments.core.explain import near_users

    count, near = near_users(counted(lines, "events", quiet=quiet), user, reading)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    users = f"{count:,} user{'' if count == 1 else 's'}"
    return EdgeError(f"{events}: required events of user {user!r}, found none among those of {users}{hint}")
