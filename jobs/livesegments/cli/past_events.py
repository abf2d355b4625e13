"""Past events for a command that reads them more than once: of a path, a pipe, or an edge, copied up to its end now."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from livesegments.cli.console import counted, say
from livesegments.core.errors import EdgeError

__all__ = ["past_events", "readable_again"]

_CHUNK = 1 << 20


@contextmanager
def past_events(
    command: str, events: Path | None, edges: Path | None, settings: dict[str, str], *, again: bool, quiet: bool
) -> Iterator[Path]:
    """Give the file or folder of events; those of an edge are copied into a temporary file, gone at the end.

    So are those of a pipe where they are to be read `again`. A topic of Kafka is read up to its end at that moment, any
    other edge as `convert` reads it. Raises EdgeError unless just one of the two is given.
    """
    if (events is None) == (edges is None):
        found = "neither" if events is None else "both"
        raise EdgeError(f"{command}: required --events PATH or --edges FILE, found {found}")
    if events is not None:
        with readable_again(events, again) as past:
            yield past
        return
    assert edges is not None
    with tempfile.TemporaryDirectory(prefix="livesegments-") as folder:
        file = Path(folder) / f"{edges.stem}.jsonl.gz"
        with gzip.open(file, "wb", compresslevel=1) as output:
            output.writelines(counted(_lines(edges, settings, quiet=quiet), "events copied", quiet=quiet))
        yield file


@contextmanager
def readable_again(events: Path, needed: bool = True) -> Iterator[Path]:
    """Give a path that can be read any number of times: of what is no file and no folder, such as a pipe, a copy.

    The copy is a temporary file, gone at the end; there is none where it is not `needed`. Raises EdgeError for what
    cannot be read.
    """
    if not needed or not events.exists() or events.is_file() or events.is_dir():
        yield events
        return
    with tempfile.TemporaryDirectory(prefix="livesegments-") as folder:
        copy = Path(folder) / events.name
        try:
            with events.open("rb") as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, _CHUNK)
        except OSError as error:
            raise EdgeError(f"{events}: required events that can be copied, found: {error.strerror}") from None
        yield copy


def _lines(edges: Path, settings: dict[str, str], *, quiet: bool) -> Iterator[bytes]:
    from livesegments.kafka.edge_topics import edge_variables
    from livesegments.kafka.settings import read_settings
    from livesegments.kafka.stored import stored_values
    from livesegments.kafka.topics import EVENTS

    variables = {**os.environ, **settings}
    try:
        found = edge_variables(edges, variables, (EVENTS,))
    except EdgeError:
        if not edges.is_file():
            raise
        from livesegments.flink.extract import edge_events  # loads PyFlink

        payloads: Iterable[bytes] = edge_events(edges, None, settings, lambda text: say(text, quiet=quiet))
    else:
        kafka = read_settings({**variables, **found})
        topic = kafka.topic(EVENTS)
        say(f"{topic} at {kafka.bootstrap}: read up to its end now", quiet=quiet)
        payloads = stored_values(kafka, topic)
    for payload in payloads:
        yield payload.replace(b"\n", b" ") + b"\n"  # within JSON a line's end is a space
