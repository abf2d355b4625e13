"""One run of the job over a file, compared with replay in all that comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from flink.streams import by_user, lines_of, replayed
from livesegments.core.definition import Definition
from livesegments.core.ingest import Counts
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job


def check(
    flink: EmbeddedFlink,
    folder: Path,
    lines: list[bytes],
    definition: Definition,
    *,
    until_ms: int | None = None,
    mode: Literal["thread", "process"] = "thread",
    parallelism: int = 1,
    models: list[bytes] | None = None,
    settings: dict[str, str] | None = None,
) -> tuple[Counts, list[bytes]]:
    """Run the job over the lines; what comes out, and is given back, is what replay gives: counts and documents."""
    source, out = folder / "events.jsonl", folder / "out"
    source.write_bytes(b"\n".join(lines))
    job = make_job(
        definition,
        events=source,
        out=out,
        until_ms=until_ms,
        mode=mode,
        parallelism=parallelism,
        settings=settings or {},
    )
    summary = flink.run(job)
    changes, counts, documents, letters = replayed(lines, definition, until_ms, models or ())
    found = by_user(lines_of(out / "segment-changes"))
    assert found.keys() == changes.keys()
    for user, expected in changes.items():
        assert found[user] == expected
    assert summary.counts == counts
    assert sorted(lines_of(out / "profiles")) == documents
    found_letters = [json.loads(line) for line in lines_of(out / "dead-letters")]
    assert sorted((letter["reason"], letter["message"]) for letter in found_letters) == letters
    if models is not None:
        assert lines_of(out / "segment-models") == models
    return counts, documents
