"""Bench of the learner: what the live job does in a second with clusters and without, in turn on the same events.

    PYTHONPATH=tests uv run --no-sync python tests/bench/learner_throughput.py [--share 100] [--runs 5]

A backlog of a generated shop's events goes through the embedded job at parallelism 1. The first fifth is not timed: in
it the job starts, River loads and versions come into force. The time is from there to the last of the marks at the end.
CPU is that of the whole Java process, Python in it included.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

from flink.live import LiveJob, event
from livesegments.core.definition import Definition, parse_definition
from livesegments.core.times import parse_time
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.follow import LineFollower
from livesegments.shop.generator import write

SECONDS_MAX = 300
MARKS = 400  # users whose only event is the last of its part: some in every shard
MARK = "Bench Ended"
CLUSTERS = {
    "engagement": {
        "features": ["frequency_of_purchases", "average_session_duration", "pages_per_session", "email_open_rate"],
        "names": ["Low engagement", "Moderate engagement", "High engagement"],
        "warm_up": 40,  # so that versions are in force before the time begins
        "every": 40,
    }
}


class Figures(NamedTuple):
    """What one run did."""

    rate: float  # events a second
    cpu_us: float  # of the Java process, per event
    versions: int


def definitions() -> tuple[Definition, Definition]:
    """Give the packaged definition with clusters, and without what models give; both tell of the marks."""
    text = (files("livesegments") / "definitions" / "shop.yaml").read_text()
    shop = YAML(typ="safe").load(text)
    made = {name for name, spec in shop["features"].items() if spec.keys() & {"cluster", "prediction"}}
    shop["features"] = {name: spec for name, spec in shop["features"].items() if name not in made}
    names = re.compile(rf"\b({'|'.join(made) or '$^'})\b")
    segments = {name: spec for name, spec in shop["segments"].items() if not names.search(json.dumps(spec))}
    shop |= {"segments": segments, "clusters": {}, "predictions": {}}
    shop["features"]["bench_marks"] = {"count": MARK}
    shop["segments"]["bench_ended"] = {"when": "bench_marks >= 1"}
    return parse_definition(json.dumps(shop | {"clusters": CLUSTERS})), parse_definition(json.dumps(shop))


def backlog(folder: Path, users: int, days: int) -> tuple[list[bytes], list[bytes]]:
    """Give the events in two parts, the first one not timed, each with marks at its end."""
    write(folder / "events.jsonl", users, days, 1)
    lines = (folder / "events.jsonl").read_bytes().splitlines()
    parts = lines[: len(lines) // 5], lines[len(lines) // 5 :]
    return _marked(parts[0], "begun", 20_000_000), _marked(parts[1], "ended", 10_000_000)


def _marked(lines: list[bytes], name: str, number: int) -> list[bytes]:
    last_ms = max(parse_time(json.loads(line)["timestamp"]) for line in lines[-1_000:])
    return [*lines, *(event(f"{name}{index}", last_ms, number + index, MARK) for index in range(MARKS))]


def cpu_seconds(process: int) -> float:
    """Give the CPU time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_marks(job: LiveJob, count: int) -> None:
    """Wait until so many marks were seen; lines are not parsed, as this process shares the machine with the job."""
    follower, seen, deadline = LineFollower(job.out / "segment-changes"), 0, time.monotonic() + SECONDS_MAX
    while seen < count:
        assert time.monotonic() < deadline, f"{seen} marks after {SECONDS_MAX} s"
        assert not job.job.is_done, "the job ended"
        time.sleep(0.05)
        seen += sum(b'"segment":"bench_ended"' in line for line in follower.poll())


def wait_for_version(job: LiveJob) -> None:
    """Wait until the learner has published."""
    deadline = time.monotonic() + SECONDS_MAX
    while not job.read("segment-models"):
        assert time.monotonic() < deadline, f"no version after {SECONDS_MAX} s"
        time.sleep(0.2)


def run(flink: EmbeddedFlink, definition: Definition, begin: list[bytes], lines: list[bytes], share: int) -> Figures:
    """Run the job over the backlog."""
    assert flink.jvm is not None
    process = flink.jvm.process.pid
    with tempfile.TemporaryDirectory() as folder:
        settings = {"livesegments.learner.share-per-mille": str(share), "livesegments.shards": "64"}
        with LiveJob(flink, Path(folder), definition, settings=settings) as job:
            job.feed(*begin)
            wait_for_marks(job, MARKS)
            if definition.clusters:
                wait_for_version(job)
            start, cpu = time.monotonic(), cpu_seconds(process)
            job.feed(*lines)
            wait_for_marks(job, 2 * MARKS)
            seconds, cpu = time.monotonic() - start, cpu_seconds(process) - cpu
            versions = len(job.read("segment-models"))
    return Figures(len(lines) / seconds, 1e6 * cpu / len(lines), versions)


def main() -> None:
    """Print the figures of both and their ratio: minimum, median and maximum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=100, help="sampled users in a thousand")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    clustered, plain = definitions()
    with tempfile.TemporaryDirectory() as folder:
        begin, lines = backlog(Path(folder), arguments.users, arguments.days)
    pairs = []
    with warnings.catch_warnings(), EmbeddedFlink() as flink:
        warnings.simplefilter("ignore")
        for number in range(arguments.runs + 1):
            order = (plain, clustered) if number % 2 else (clustered, plain)
            figures = {id(found): run(flink, found, begin, lines, arguments.share) for found in order}
            pair = figures[id(plain)], figures[id(clustered)]
            print(
                f"{f'run {number}' if number else 'warm-up':8} off {pair[0].rate:8,.0f}/s",
                f" on {pair[1].rate:8,.0f}/s  load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            pairs += [pair] if number else []
    print(f"{os.cpu_count()} x {platform.machine()}, Python {sys.version.split()[0]}, Flink {version('apache-flink')}")
    print(
        f"{len(lines):,} events of {arguments.users:,} users, share {arguments.share}/1000, "
        f"{pairs[-1][1].versions} versions learned"
    )
    for name, found in (
        ("off, events/s", [off.rate for off, _ in pairs]),
        ("on, events/s", [on.rate for _, on in pairs]),
        ("on / off", [on.rate / off.rate for off, on in pairs]),
        ("off, CPU us/event", [off.cpu_us for off, _ in pairs]),
        ("on, CPU us/event", [on.cpu_us for _, on in pairs]),
        ("off / on, CPU", [off.cpu_us / on.cpu_us for off, on in pairs]),
    ):
        print(f"{name:18} min {min(found):10,.2f}  median {statistics.median(found):10,.2f}  max {max(found):10,.2f}")


if __name__ == "__main__":
    main()
