"""Own uids for every operator, those that SQL makes too, so that a savepoint survives a changed graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pyflink.datastream import StreamExecutionEnvironment

__all__ = ["name_operators"]

_SINKS = ("SinkTransformation", "LegacySinkTransformation")
_SOURCES = ("SourceTransformation", "LegacySourceTransformation")
_ROWS = ("rows", "model-rows")
_VIRTUAL = ("PartitionTransformation", "UnionTransformation", "SideOutputTransformation")


def name_operators(environment: StreamExecutionEnvironment, tables: Sequence[str]) -> dict[str, str]:
    """Give a uid to every operator that has none; `tables` are those inserted into, in order.

    Sources become `source-<table>`, sinks `sink-<table>`, what SQL puts between `<table>-<operator>`.
    Returns uid -> operator name of all.
    """
    roots = list(environment._j_stream_execution_environment.getTransformations())
    sinks = [root for root in roots if _kind(root) in _SINKS]
    if len(sinks) != len(tables):
        raise ValueError(f"expected a sink for each of {', '.join(tables)}, found {len(sinks)} sinks")
    for sink, table in zip(sinks, tables, strict=True):
        _name_branch(sink, table)
    seen: set[int] = set()
    operators = [operator for root in roots for operator in _ancestry(root, seen)]
    for operator in operators:
        if operator.getUid() in ("identity", "batcher"):
            for upstream in operator.getInputs():
                _name_branch(upstream, "events")
    uids: dict[str, str] = {}
    for operator in operators:
        uid = operator.getUid()
        if uid is None or uid in uids:
            raise ValueError(f"expected a uid of its own for {operator.getName()}, found {uid} (of {uids.get(uid)})")
        uids[uid] = operator.getName()
    return uids


def _kind(transformation: Any) -> str:
    return str(transformation.getClass().getSimpleName())


def _name_branch(transformation: Any, table: str) -> None:
    """Name what leads to a sink or from a source, up to the first operator that has a uid."""
    if _kind(transformation) not in _VIRTUAL:
        if transformation.getUid() is not None:
            return
        transformation.setUid(_uid(transformation, table))
    for upstream in transformation.getInputs():
        _name_branch(upstream, table)


def _uid(transformation: Any, table: str) -> str:
    kind = _kind(transformation)
    if kind in _SINKS:
        return f"sink-{table}"
    if kind in _SOURCES:
        return f"source-{table}"
    name = re.sub(r"\[\d+\].*", "", transformation.getName()).split(" ")[0].split("(")[0]
    upstreams = transformation.getInputs()
    if len(upstreams) == 1 and upstreams[0].getUid() in _ROWS:  # shared by all tables that are appended to
        return f"{upstreams[0].getUid()}-to-table"
    return f"{table}-{name.lower()}"


def _ancestry(transformation: Any, seen: set[int]) -> Iterator[Any]:
    """Give each operator above and including one, once; virtual ones left out."""
    if transformation.getId() in seen:
        return
    seen.add(transformation.getId())
    if _kind(transformation) not in _VIRTUAL:
        yield transformation
    for upstream in transformation.getInputs():
        yield from _ancestry(upstream, seen)
