"""What a job takes over from: the folder of a run, or the topics of another job, read before it starts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.core.standings import Baseline, pack
from livesegments.core.times import NEVER, format_time
from livesegments.files import EventLines
from livesegments.flink.engines import Takeover
from livesegments.flink.progress import silent

__all__ = ["takeover_of"]

_CHANGES = "segment-changes"


def takeover_of(
    quiet_until_ms: int | None,
    baseline: Path | None,
    edges: Path | None,
    variables: Mapping[str, str],
    say: Callable[[str], None] = silent,
) -> Takeover | None:
    """Read what was asked for, None where nothing was; `edges` and `variables` are those of the job itself.

    The baseline is the folder of a run, or the DDL file of a job between topics of Kafka, which is reached as the tools
    reach it. Raises EdgeError where the time or the baseline is missing, and for what is none.
    """
    if quiet_until_ms is None and baseline is None:
        return None
    if quiet_until_ms == NEVER:
        if baseline is not None:
            raise EdgeError("run: required --quiet-until never without --baseline, found both")
        return Takeover(quiet_until_ms=NEVER, standings=pack({}))
    if quiet_until_ms is None or baseline is None:
        found = "--baseline" if quiet_until_ms is None else "--quiet-until"
        raise EdgeError(f"run: required --quiet-until TIME and --baseline PATH together, found {found} alone")
    if baseline.is_dir():
        found_there = _of_folder(baseline, quiet_until_ms)
    elif baseline.exists():
        found_there = _of_topics(baseline, quiet_until_ms, edges, variables)
    else:
        raise EdgeError(f"--baseline {baseline}: required the folder of a run or a DDL file, found nothing there")
    standings = found_there.standings()
    newest = (
        "no change" if found_there.newest_ms is None else f"the newest change at {format_time(found_there.newest_ms)}"
    )
    say(f"--baseline {baseline}: {len(standings):,} users, {newest}")
    return Takeover(quiet_until_ms=quiet_until_ms, standings=pack(standings))


def _of_folder(run: Path, quiet_until_ms: int) -> Baseline:
    folder = run / _CHANGES
    if not folder.is_dir():
        raise EdgeError(f"--baseline {run}: required the folder of a run, found no {_CHANGES} in it")
    found = Baseline(quiet_until_ms)
    lines = (line for line in EventLines(folder) if line.strip()) if any(folder.iterdir()) else ()
    _take(found.add_change, lines, str(folder))
    return found


def _of_topics(file: Path, quiet_until_ms: int, edges: Path | None, variables: Mapping[str, str]) -> Baseline:
    from livesegments.kafka.edge_topics import edge_settings  # Kafka only where it is asked for
    from livesegments.kafka.stored import stored_rows, stored_values
    from livesegments.kafka.topics import CHANGES, PROFILES

    if quiet_until_ms > time.time_ns() // 1_000_000:
        raise EdgeError(
            f"--quiet-until {format_time(quiet_until_ms)}: required a time that has come, as all that the other job "
            "emits before it must be in its topics; until then start the job with --quiet-until never"
        )
    environment = {**os.environ, **variables}
    theirs = edge_settings(file, environment, (CHANGES, PROFILES))
    own = _own_topics(edges, environment)
    where = theirs.bootstrap
    if (where, theirs.topic(PROFILES)) in own:
        raise EdgeError(
            f"--baseline {file}: required a topic of profiles that this job does not write, found "
            f"{theirs.topic(PROFILES)} in both; give this job one of its own"
        )
    # Into the same topic of changes this job goes on after the last one: no id may be there twice, whatever the time.
    found = Baseline(NEVER if (where, theirs.topic(CHANGES)) in own else quiet_until_ms)
    for user_id, document in stored_rows(theirs, theirs.topic(PROFILES)):  # before the changes: see Baseline
        if document is None:
            found.forget_row(user_id)
        else:
            _take(found.add_row, (document,), theirs.topic(PROFILES))
    _take(found.add_change, stored_values(theirs, theirs.topic(CHANGES)), theirs.topic(CHANGES))
    return found


def _own_topics(edges: Path | None, environment: Mapping[str, str]) -> set[tuple[str, str]]:
    """Give the brokers and topics that the job writes, none where they are no topics of Kafka."""
    from livesegments.kafka.edge_topics import edge_variables
    from livesegments.kafka.settings import read_settings
    from livesegments.kafka.topics import CHANGES, PROFILES

    own: set[tuple[str, str]] = set()
    for topic in (CHANGES, PROFILES):
        try:
            found = {} if edges is None else edge_variables(edges, environment, (topic,))
        except EdgeError:  # another kind of table
            continue
        if found:
            settings = read_settings({**environment, **found})
            own.add((settings.bootstrap, settings.topic(topic)))
    return own


def _take(add: Callable[[bytes], None], records: Iterable[bytes], where: str) -> None:
    for record in records:
        try:
            add(record)
        except (msgspec.DecodeError, ValueError) as error:
            raise EdgeError(f"{where}: required what `livesegments run` writes there, found: {error}") from None
