"""Bench of identity: what the live job does in a second with `identity:` and without, in turn on the same events.

    PYTHONPATH=tests uv run --no-sync python tests/bench/identity_throughput.py [--users 2000] [--days 30]

Half of the events have an anonymous id alone. Both jobs run at once in one embedded Flink, on RocksDB with a checkpoint
each second, and take slices of the stream in turn, as in learner_throughput.py; the first fifth is not timed. What
counts on a machine with other work is the ratio of CPU: of the whole Java process, Python in it included. Exits with 1
where the ratio over all slices is below `--at-least`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

from bench.learner_throughput import SLICE, Figures, Timed, definitions, marked
from livesegments.core.definition import Definition, parse_definition
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.shop.generator import write

SETTINGS = {
    "livesegments.shards": "64",
    "state.backend.type": "rocksdb",
    "execution.checkpointing.interval": "1s",
    "execution.checkpointing.incremental": "true",
}


def stream(folder: Path, users: int, days: int) -> list[bytes]:
    """Give the events of a shop with cookies, half of them with no user's id."""
    chance, found, anonymous = random.Random(1), [], 0
    write(folder / "events.jsonl", users, days, 1, visitors=True)
    with open(folder / "events.jsonl", "rb") as lines:
        for number, line in enumerate(lines):
            event = json.loads(line)
            has_both = event.get("userId") is not None and event.get("anonymousId") is not None
            if has_both and 2 * anonymous < number and chance.random() < 0.9:  # else no cookie is linked
                del event["userId"]
            anonymous += event.get("userId") is None
            found.append(json.dumps(event, separators=(",", ":")).encode())
    return found


def measure(flink: EmbeddedFlink, folder: Path, events: list[bytes]) -> list[tuple[Figures, Figures]]:
    """Give the figures of each slice, without and with identity."""
    _, plain = definitions()
    known = parse_definition(json.dumps({**json.loads(plain.text), "identity": {}}))
    starts = range(0, len(events), SLICE)
    parts = [marked(events[at : at + SLICE], number) for number, at in enumerate(starts, start=1)]
    off, on = (_timed(flink, folder / name, one) for name, one in (("off", plain), ("on", known)))
    pairs = []
    with off.job, on.job:
        for number, lines in enumerate(parts):
            order = (off, on) if number % 2 else (on, off)
            found = {id(job): job.take(lines) for job in order}
            if number >= len(parts) // 5:
                pairs.append((found[id(off)], found[id(on)]))
                cpu = f"CPU us/event off {pairs[-1][0].cpu_us:6.1f}  on {pairs[-1][1].cpu_us:6.1f}"
                print(f"slice {number:3} of {len(parts)}: {cpu}  load {os.getloadavg()[0]:.1f}", flush=True)
    return pairs


def _timed(flink: EmbeddedFlink, folder: Path, definition: Definition) -> Timed:
    checkpoints = {"execution.checkpointing.dir": (folder / "checkpoints").as_uri()}
    return Timed(flink, folder, definition, {**SETTINGS, **checkpoints})


def main() -> int:
    """Print the figures of both and their ratio: minimum, median and maximum over the slices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--at-least", type=float, default=0.85, help="without / with identity, CPU")
    arguments = parser.parse_args()
    with warnings.catch_warnings(), EmbeddedFlink() as flink, tempfile.TemporaryDirectory() as name:
        warnings.simplefilter("ignore")
        events = stream(Path(name), arguments.users, arguments.days)
        pairs = measure(flink, Path(name), events)
    anonymous = sum(json.loads(line).get("userId") is None for line in events) / len(events)
    print(f"{os.cpu_count()} x {platform.machine()}, Python {sys.version.split()[0]}, Flink {version('apache-flink')}")
    print(f"{len(events):,} events of {arguments.users:,} users, {anonymous:.0%} anonymous")
    ratio = sum(off.cpu_us for off, _ in pairs) / sum(on.cpu_us for _, on in pairs)
    for told, found in (
        ("off, events/s", [off.rate for off, _ in pairs]),
        ("on, events/s", [on.rate for _, on in pairs]),
        ("on / off, rate", [on.rate / off.rate for off, on in pairs]),
        ("off, CPU us/event", [off.cpu_us for off, _ in pairs]),
        ("on, CPU us/event", [on.cpu_us for _, on in pairs]),
        ("off / on, CPU", [off.cpu_us / on.cpu_us for off, on in pairs]),
    ):
        print(f"{told:18} min {min(found):10,.2f}  median {statistics.median(found):10,.2f}  max {max(found):10,.2f}")
    holds = ratio >= arguments.at_least
    print(f"off / on, CPU of all slices: {ratio:.2f}: {'holds' if holds else f'LESS THAN {arguments.at_least}'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
