"""What an event of a generated shop costs `replay` with the packaged definition, in units of the yardstick.

    PYTHONPATH=tests uv run --no-sync python tests/bench/shop_replay.py [--users 600] [--days 60] [--runs 3]

Two commands, in turn with the yardstick: `replay --models FILE`, with versions that were learned before, and `replay`,
which learns them in a first pass. CPU seconds of the whole command, less those of the same command on a hundred events:
what starting costs. Where the yardstick takes 25 us, the first shall take at most 100 us, the second at most 220.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

import livesegments
from bench import yardstick
from bench.core import Key, lines
from bench.peers.watch import machine
from livesegments.core.definition import load_definition
from livesegments.models.passes import learn_models
from livesegments.shop.generator import write

SHOP = Path(livesegments.__file__).parent / "definitions" / "shop.yaml"
COMMAND = Path(sys.executable).with_name("livesegments")
FEW = 100
YARDSTICK_US = 25.0
LIMITS_US = {"replay --models": 100.0, "replay": 220.0}  # where the yardstick takes YARDSTICK_US
YARDSTICK_EVENTS, YARDSTICK_USERS = 50_000, 10_000
COMMAND_SECONDS_MAX = 1_800


def replay_seconds(events: Path, models: Path | None) -> float:
    """Give the CPU seconds of the command, its children included."""
    command = [str(COMMAND), "replay", str(events), "--config", str(SHOP), "--quiet"]
    command += ["--models", str(models)] if models else []
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=COMMAND_SECONDS_MAX)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def yardstick_us() -> Callable[[], float]:
    """Give what times the yardstick: us per event."""
    events, key = lines(YARDSTICK_EVENTS, YARDSTICK_USERS)[0], msgspec.json.Decoder(Key)

    def timed() -> float:
        states: dict[str, bytes] = {}
        start = time.process_time()
        for raw in events:
            user = key.decode(raw).user_id
            _, states[user], _ = yardstick.step(states.get(user), raw)
        return 1e6 * (time.process_time() - start) / len(events)

    return timed


def prepared(folder: Path, users: int, days: int) -> tuple[Path, Path, Path, int]:
    """Write the events, the first few of them, and the models learned from all; give how many events there are."""
    events, few, models = (folder / name for name in ("events.jsonl", "few.jsonl", "models.jsonl"))
    write(events, users, days, 1)
    stream = events.read_bytes().splitlines(keepends=True)
    few.write_bytes(b"".join(stream[:FEW]))
    rows = learn_models(load_definition(SHOP), stream)
    models.write_bytes(b"".join(row.payload + b"\n" for row in rows if row.payload))
    return events, few, models, len(stream)


def main() -> int:
    """Print the costs and the ratios, minimum, median and maximum; 1 where a limit does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=600)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    timed = yardstick_us()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in LIMITS_US}
    with tempfile.TemporaryDirectory(prefix="livesegments-bench-") as name:
        events, few, models, count = prepared(Path(name), wanted.users, wanted.days)
        print(f"{machine()}\n{count:,} events of {wanted.users:,} users, {wanted.days} days\n", flush=True)
        for _ in range(wanted.runs):
            unit = timed()
            for command in LIMITS_US:
                given = models if command.endswith("--models") else None
                seconds = replay_seconds(events, given) - replay_seconds(few, given)
                found[command].append((1e6 * seconds / (count - FEW), unit))
    return told(found)


def told(found: dict[str, list[tuple[float, float]]]) -> int:
    """Print the table; give 1 where a limit does not hold."""
    print("| | us an event | yardstick us | times the yardstick: min, median, max | at 25 us | at most | holds |")
    print("|---|--:|--:|--:|--:|--:|---|")
    failed = 0
    for name, pairs in found.items():
        ratios = sorted(us / unit for us, unit in pairs)
        us, unit, ratio = (statistics.median(each) for each in (*zip(*pairs, strict=True), ratios))
        holds = YARDSTICK_US * ratio <= LIMITS_US[name]
        failed |= not holds
        spread = f"{ratios[0]:.2f}, {ratio:.2f}, {ratios[-1]:.2f}"
        at_25 = f"{YARDSTICK_US * ratio:.0f} | {LIMITS_US[name]:.0f} | {'yes' if holds else 'no'}"
        print(f"| `{name}` | {us:.1f} | {unit:.2f} | {spread} | {at_25} |")
    return failed


if __name__ == "__main__":
    sys.exit(main())
