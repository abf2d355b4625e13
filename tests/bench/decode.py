"""What reading a well-formed event costs, against an older version, the two taking turns on the same events.

    git worktree add --detach /tmp/before 64897ed
    python tests/bench/decode.py --against /tmp/before/jobs [--events FILE] [--rounds 41]

Prints microseconds an event for both, the median of the ratios of the rounds, and the same for events that need the
second look. Without FILE, a shop is generated.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

JOBS = Path(__file__).parents[2] / "jobs"
EVENTS = 10_000
ODD = {
    "no messageId": lambda raw: raw.replace(b'"messageId"', b'"message_id"', 1),
    "type in capitals": lambda raw: raw.replace(b'"type":"track"', b'"type":"TRACK"', 1),
    "NaN in it": lambda raw: raw[:-1] + b',"ratio":NaN}',
}


def decoder_of(root: Path) -> Callable[[bytes], Any]:
    """Import livesegments from a source root, beside any that is imported already."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "livesegments"]:
        del sys.modules[name]
    sys.path.insert(0, str(root))
    module = importlib.import_module("livesegments.core.events")
    sys.path.pop(0)
    assert Path(str(module.__file__)).is_relative_to(root.resolve()), module.__file__
    return module.decode  # type: ignore[no-any-return]


def microseconds(decode: Callable[[bytes], Any], lines: list[bytes]) -> float:
    start = time.process_time()
    for line in lines:
        decode(line)
    return (time.process_time() - start) / len(lines) * 1e6


def well_formed(lines: list[bytes], decode: Callable[[bytes], Any]) -> list[bytes]:
    kept = []
    for line in lines:
        try:
            decode(line)
        except Exception:  # a dead letter of the older version's
            continue
        kept.append(line)
    return kept


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="source root (jobs/) of the older version")
    parser.add_argument("--events", type=Path)
    parser.add_argument("--rounds", type=int, default=41)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        events = options.events or Path(folder) / "events.jsonl"
        if options.events is None:
            generate = [
                str(Path(sys.executable).with_name("livesegments")),
                "generate",
                "--users",
                "200",
                "--days",
                "40",
            ]
            subprocess.run([*generate, "--seed", "1", "--out", str(events)], check=True, capture_output=True)
        with events.open("rb") as file:
            lines = [line.rstrip(b"\r\n") for line, _ in zip(file, range(EVENTS), strict=False)]
    before, now = decoder_of(options.against.resolve()), decoder_of(JOBS)
    lines = well_formed(lines, before)
    gc.disable()
    pairs = []
    for number in range(options.rounds):
        order = (before, now) if number % 2 else (now, before)
        spent = {decode: microseconds(decode, lines) for decode in order}
        pairs.append((spent[before], spent[now]))
    old, new = (min(pair[side] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(after / ahead for ahead, after in pairs)
    print(f"{len(lines):,} well-formed events: before {old:.2f} us, now {new:.2f} us, ratio {ratio:.3f}")
    for name, change in ODD.items():
        odd = [change(line) for line in lines]
        cost = min(microseconds(now, odd) for _ in range(5))
        print(f"{name}: {cost:.2f} us")


if __name__ == "__main__":
    main()
