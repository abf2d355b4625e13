"""Our job beside its peers: one broker, the same events, our own core in all of them, interleaved.

    PYTHONPATH=tests:tests/kafka uv run --no-sync python tests/bench/peers.py [--runs N] [--engines NAME ...]

Peers run in environments that uv makes below --environments. What is measured how: jobs/docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.core import DEFINITION
from bench.peers.engines import ENGINES
from bench.peers.environments import CACHE, environment
from bench.peers.events import backlog
from bench.peers.place import SOFTWARE, Place, running_place
from bench.peers.runs import Backlog, Figures, delivery_run, rate_run, time_limit
from bench.peers.tables import table
from bench.peers.watch import machine
from bench.peers.work import replayed

SEND_SECONDS_MAX = 300
DELIVERY = ["loop", "bytewax", "quix-eo", "quix-alo", "ours-eo", "ours-alo"]  # the others differ in speed alone


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--events", type=int, default=400_000, help="of the backlog; with few, Java is still compiling itself"
    )
    parser.add_argument(
        "--users", type=int, default=50_000, help="that they are of; some users do far more than others"
    )
    parser.add_argument("--runs", type=int, default=1, help="of each engine, in turn; the table has medians")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES), metavar="NAME")
    parser.add_argument("--delivery", nargs="*", choices=ENGINES, default=DELIVERY, metavar="NAME", help="of --engines")
    parser.add_argument(
        "--rate", nargs="*", choices=ENGINES, default=list(ENGINES), metavar="NAME", help="of --engines"
    )
    parser.add_argument("--seconds", type=int, default=20, help="for which latency is taken")
    parser.add_argument("--seconds-max", type=int, default=300, help="for one run of one engine")
    parser.add_argument("--json", type=Path, help="file for the figures of each run")
    parser.add_argument("--environments", type=Path, default=CACHE, help="folder for the peers' packages")
    return parser.parse_args()


def fill(place: Place, events: int, users: int) -> Backlog:
    """Send the backlog and ask replay what it comes to."""
    topic, stream = place.topics("backlog")["EVENTS_TOPIC"], backlog(events, users)
    with place.sender(topic, stream, "backlog") as sender:
        assert sender.wait(SEND_SECONDS_MAX) == 0, (place.folder / "backlog.log").read_text()
    return Backlog(topic, DEFINITION, stream, *replayed(DEFINITION, (event.raw for event in stream)))


def attempt(place: Place, name: str, kind: str, number: int, run: Callable[[str, Figures], None]) -> Figures:
    """Run within the time limit; what fails gives its reason, and the others go on."""
    title, start = f"{name}-{number}-{kind}", time.monotonic()
    figures: Figures = {"engine": name, "run": number, "kind": kind}
    try:
        with time_limit(place.seconds_max):
            run(title, figures)
    except Exception as error:
        figures["error"] = f"{type(error).__name__}: {error}"
    told = {key: round(value, 1) if isinstance(value, float) else value for key, value in figures.items()}
    print(f"{title}: {time.monotonic() - start:.0f} s: {told}", file=sys.stderr, flush=True)
    return figures


def measure(place: Place, wanted: argparse.Namespace) -> list[Figures]:
    """Give the figures of all runs: in each round one of every engine, of either kind."""
    found: list[Figures] = []
    held = fill(place, wanted.events, wanted.users)
    for number in range(wanted.runs):
        for name in wanted.engines:
            spec = ENGINES[name]
            if name in wanted.rate:
                run = partial(rate_run, place, spec, held)
                found.append(attempt(place, name, "rate", number, run))
            if name in wanted.delivery:
                run = partial(delivery_run, place, spec, wanted.seconds)
                found.append(attempt(place, name, "delivery", number, run))
            if wanted.json:
                told = {"machine": machine(), "software": SOFTWARE, "runs": found}
                wanted.json.write_text(json.dumps(told, indent=1))
    return found


def main() -> int:
    wanted = options()
    for name in sorted({ENGINES[name].environment for name in wanted.engines} - {""} | {"tools"}):
        environment(name, wanted.environments)
    print(f"{machine()}\n{SOFTWARE}\n{wanted.events:,} events, {wanted.runs} run(s)\n", flush=True)
    with running_place(wanted.seconds_max, wanted.environments) as place:
        found = measure(place, wanted)
    print(table(found))
    print(f"\n{machine()} at the end")
    return 1 if any("error" in run for run in found) else 0


if __name__ == "__main__":
    sys.exit(main())
