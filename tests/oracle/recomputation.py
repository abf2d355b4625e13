"""The way in: a definition and lines, and everything that a bounded run has to give."""

from typing import Any

from oracle.changes import Result
from oracle.definition import read_definition
from oracle.visitors import IdentityWalk
from oracle.walk import Walk


def recompute(definition: dict[str, Any], lines: list[bytes], until_ms: int | None = None) -> Result:
    """Recompute everything that a bounded run over `lines` has to give."""
    read = read_definition(definition)
    walk = Walk(read, until_ms) if read.identity is None else IdentityWalk(read, until_ms)
    for line in lines:
        walk.outcomes.append(walk.take(line))
    return walk.finish()
