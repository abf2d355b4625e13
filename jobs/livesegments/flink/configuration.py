"""Flink settings that the job needs, wherever it runs, and those of an embedded run."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from livesegments.core.errors import EdgeError
from livesegments.flink.options import PREFIX, JobOptions

__all__ = [
    "ddl_variables",
    "embedded_settings",
    "flink_settings",
    "job_settings",
    "latest_checkpoint",
    "live_settings",
]

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


def ddl_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Give the `--set` values that fill `${NAME}` in DDL files.

    Raises EdgeError for keys that are neither such a name nor an option, which has a dot.
    """
    wrong = [key for key in settings if "." not in key and not _VARIABLE.fullmatch(key)]
    if wrong:
        raise EdgeError(
            f"--set {wrong[0]}: required a name in upper case for a DDL file (TOPIC=...) "
            f"or an option with a dot (table.local-time-zone=...), found {wrong[0]!r}"
        )
    return {key: value for key, value in settings.items() if "." not in key}


def flink_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Give the `--set` values that are Flink's own options."""
    return {key: value for key, value in settings.items() if "." in key and not key.startswith(PREFIX)}


def job_settings(options: JobOptions) -> dict[str, str]:
    """Give what the job needs on any cluster."""
    return {
        "pipeline.max-parallelism": str(options.shards),  # shard i is key group i
        "table.exec.sink.upsert-materialize": "NONE",  # rows of one key come in order already
        "table.local-time-zone": "UTC",
        "execution.buffer-timeout.interval": "10ms",  # batches are made already: do not wait for more
        "python.fn-execution.bundle.size": "16",  # an element is a batch of events
        "python.fn-execution.bundle.time": "50",
        "python.map-state.write-cache-size": "100000",
    }


def embedded_settings(folder: Path, mode: str, parallelism: int) -> dict[str, str]:
    """Give what a run inside this process's own JVM needs."""
    light = {"python.pythonpath": str(folder / "light")} if mode == "thread" else {}
    return {
        **light,
        "python.execution-mode": mode,
        "python.executable": sys.executable,
        "parallelism.default": str(parallelism),
        "restart-strategy.type": "disable",  # else a bug looks like a hang
        "io.tmp.dirs": str(folder / "tmp"),
        "rest.bind-address": "127.0.0.1",
        "rest.address": "127.0.0.1",
    }


def live_settings(state: Path) -> dict[str, str]:
    """Give what an embedded run without an end needs: a checkpoint each second, kept below a folder."""
    recovered = latest_checkpoint(state)
    return {
        "state.backend.type": "rocksdb",
        "state.backend.rocksdb.compaction.style": "UNIVERSAL",  # why: flink-conf/config.yaml
        "state.backend.rocksdb.use-bloom-filter": "true",
        "state.backend.rocksdb.compression.per.level": "NO_COMPRESSION",
        "execution.checkpointing.interval": "1s",
        "execution.checkpointing.incremental": "true",
        "execution.checkpointing.dir": state.resolve().as_uri(),
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.tolerable-failed-checkpoints": "1000",  # a broker that is away costs none
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.attempts-before-reset-backoff": "5",  # then it is no passing fault
        "restart-strategy.exponential-delay.max-backoff": "15s",
        **({"execution.state-recovery.path": recovered} if recovered else {}),
    }


def latest_checkpoint(state: Path) -> str | None:
    """Give the newest complete checkpoint below a folder as Flink names it, or None for none."""
    found = [file for file in state.glob("*/chk-*/_metadata") if file.stat().st_size]
    if not found:
        return None
    return max(found, key=lambda file: file.stat().st_mtime_ns).parent.resolve().as_uri()
