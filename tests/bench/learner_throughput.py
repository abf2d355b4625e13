"""Bench of the learner: what the live job does in a second with clusters and without, in turn on the same events.

    PYTHONPATH=tests uv run --no-sync python tests/bench/learner_throughput.py [--share 100] [--users 2000] [--days 60]

Both jobs run at once in one embedded Flink at parallelism 1, and take a generated shop's events in turn, a slice each:
one works while the other waits, so a machine that is slow for a while is slow for both. The first slices are not timed:
in them the jobs start, River loads and versions come into force. A slice takes from the moment when it is there to the
last of the marks at its end. CPU is that of the whole Java process, Python in it included.
"""

from __future__ import annotations

import argparse
import itertools
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
from livesegments.files.follow import LineFollower
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.shop.generator import write

SECONDS_MAX = 300
SLICE = 10_000
MARKS = 400  # users who do nothing but the last events of each slice: some in every shard
MARK = "Bench Ended"
CLUSTERS = {
    "engagement": {
        "features": ["frequency_of_purchases", "average_session_duration", "pages_per_session", "email_open_rate"],
        "names": ["Low engagement", "Moderate engagement", "High engagement"],
        "warm_up": 40,  # so that versions are in force before the time begins
        "interval": "1d",
    }
}


class Figures(NamedTuple):
    """What one job did with one slice."""

    rate: float  # events a second
    cpu_us: float  # of the Java process, per event


def definitions() -> tuple[Definition, Definition]:
    """Give the packaged definition with clusters, and without what models give; both tell of the marks."""
    text = (files("livesegments") / "definitions" / "shop.yaml").read_text()
    shop = YAML(typ="safe").load(text)
    made = {name for name, spec in shop["features"].items() if spec.keys() & {"cluster", "prediction"}}
    shop["features"] = {name: spec for name, spec in shop["features"].items() if name not in made}
    names = re.compile(rf"\b({'|'.join(made) or '$^'})\b")
    segments = {name: spec for name, spec in shop["segments"].items() if not names.search(json.dumps(spec))}
    shop |= {"segments": segments, "clusters": {}, "predictions": {}}
    shop["features"]["bench_slice"] = {"last": MARK, "of": "odd"}
    shop["segments"]["bench_odd"] = {"when": "bench_slice == 1"}
    return parse_definition(json.dumps(shop | {"clusters": CLUSTERS})), parse_definition(json.dumps(shop))


def slices(folder: Path, users: int, days: int) -> list[list[bytes]]:
    """Give the events of a shop, cut up, with marks at the end of each slice."""
    write(folder / "events.jsonl", users, days, 1)
    with open(folder / "events.jsonl", "rb") as events:
        parts = itertools.takewhile(len, (list(itertools.islice(events, SLICE)) for _ in itertools.count()))
        return [marked([line.rstrip() for line in lines], number) for number, lines in enumerate(parts, start=1)]


def marked(lines: list[bytes], number: int) -> list[bytes]:
    """Add the marks: their users enter a segment at the end of one slice, and leave it at the end of the next."""
    last_ms = max(parse_time(json.loads(line)["timestamp"]) for line in lines[-1_000:])
    first = 10_000_000 + number * MARKS
    marks = (event(f"mark{i}", last_ms, first + i, MARK, properties={"odd": number % 2}) for i in range(MARKS))
    return [*lines, *marks]


def cpu_seconds(process: int) -> float:
    """Give the CPU time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Timed:
    """A job that takes slices and tells how fast."""

    def __init__(self, flink: EmbeddedFlink, folder: Path, definition: Definition, settings: dict[str, str]) -> None:
        assert flink.jvm is not None
        self.process = flink.jvm.process.pid
        folder.mkdir()
        self.job = LiveJob(flink, folder, definition, settings=settings)
        self.marks = LineFollower(self.job.out / "segment-changes")

    def take(self, lines: list[bytes]) -> Figures:
        """Feed a slice and wait for its marks; lines are not parsed: this process shares the machine with the job."""
        start, cpu = time.monotonic(), cpu_seconds(self.process)
        self.job.feed(*lines)
        seen, deadline = 0, start + SECONDS_MAX
        while seen < MARKS:
            assert time.monotonic() < deadline, f"{seen} marks after {SECONDS_MAX} s"
            assert not self.job.job.is_done, "the job ended"
            time.sleep(0.02)
            seen += sum(b'"segment":"bench_odd"' in line for line in self.marks.poll())
        seconds, cpu = time.monotonic() - start, cpu_seconds(self.process) - cpu
        return Figures(len(lines) / seconds, 1e6 * cpu / len(lines))


def main() -> None:
    """Print the figures of both and their ratio: minimum, median and maximum over the slices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=100, help="sampled users in a thousand")
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=60)
    arguments = parser.parse_args()
    clustered, plain = definitions()
    pairs = []
    with warnings.catch_warnings(), EmbeddedFlink() as flink, tempfile.TemporaryDirectory() as name:
        warnings.simplefilter("ignore")
        parts = slices(Path(name), arguments.users, arguments.days)
        settings = {"livesegments.learner.share-per-mille": str(arguments.share), "livesegments.shards": "64"}
        off = Timed(flink, Path(name) / "off", plain, settings)
        on = Timed(flink, Path(name) / "on", clustered, settings)
        with off.job, on.job:
            waiting, versions = len(parts) // 5, 0
            for number, lines in enumerate(parts):
                if number % 2:
                    pair = off.take(lines), on.take(lines)
                else:
                    pair = tuple(reversed((on.take(lines), off.take(lines))))
                versions = len(on.job.read("segment-models"))
                if number < waiting or not versions:
                    continue
                print(
                    f"slice {number:3} of {len(parts)}: off {pair[0].rate:8,.0f}/s  on {pair[1].rate:8,.0f}/s"
                    f"  load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
                pairs.append(pair)
    print(f"{os.cpu_count()} x {platform.machine()}, Python {sys.version.split()[0]}, Flink {version('apache-flink')}")
    print(
        f"{sum(map(len, parts)):,} events of {arguments.users:,} users, share {arguments.share}/1000, "
        f"{versions} versions learned"
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
