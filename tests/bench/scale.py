"""How the cost of an event grows with users, segments, features and TaskManagers, and what a load needs.

    PYTHONPATH=tests:tests/kafka uv run --no-sync python tests/bench/scale.py [--only core job] [--users N ...]

`core` runs in this process; `job` on a broker and clusters of its own. What is measured how: jobs/docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.peers.environments import CACHE, environment
from bench.peers.place import SOFTWARE, running_place
from bench.peers.runs import time_limit
from bench.peers.watch import machine
from bench.scaling.core_costs import Cost, core_costs
from bench.scaling.definitions import with_features, with_segments
from bench.scaling.job_costs import JobCost, job_cost
from bench.scaling.sizing import sizing

SEGMENTS_MOST, USERS_MOST = 4.0, 1.5  # times the cost of the smallest


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=("core", "job"), default=["core", "job"])
    parser.add_argument("--segments", nargs="+", type=int, default=[5, 50, 500])
    parser.add_argument("--features", nargs="+", type=int, default=[10, 100])
    parser.add_argument("--core-events", type=int, default=20_000)
    parser.add_argument("--core-users", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3, help="of the core; medians are shown")
    parser.add_argument("--users", nargs="+", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--timed", type=int, default=60_000, help="events after one of each user")
    parser.add_argument("--alone", action="store_true", help="one TaskManager only")
    parser.add_argument("--even", action="store_true", help="all users alike: the worst for caches")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="options of the job, as for `run`")
    parser.add_argument("--seconds-max", type=int, default=1_200, help="for one run of the job")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def core_part(wanted: argparse.Namespace) -> dict[str, Cost]:
    """Print what segments and features cost in the core."""
    definitions = {f"{count} segments": with_segments(count) for count in wanted.segments}
    definitions |= {f"{count} features": with_features(count) for count in wanted.features}
    found = core_costs(definitions, wanted.core_events, wanted.core_users, wanted.runs)
    print(f"Measured in the core, {wanted.core_events:,} events, {wanted.core_users:,} users, {wanted.runs} run(s):\n")
    print("| definition | CPU us an event | changes an event | state bytes a user | compiled in s |")
    print("|---|--:|--:|--:|--:|")
    for name, cost in found.items():
        told = f"{cost.changes:.3f} | {cost.user_bytes:,.0f} | {cost.compile_seconds:.2f}"
        print(f"| {name} | {cost.event_us:.1f} | {told} |")
    print(flush=True)
    return found


def job_part(wanted: argparse.Namespace) -> list[JobCost]:
    """Print what users and TaskManagers cost on Flink; two TaskManagers for the number in the middle."""
    environment("tools", CACHE)
    pairs = [(users, 1) for users in wanted.users]
    if not wanted.alone:
        pairs.append((wanted.users[len(wanted.users) // 2], 2))
    settings = dict(each.split("=", 1) for each in wanted.set)
    found = []
    print(f"Measured, exactly once, RocksDB, {wanted.timed:,} events after one of each user{told_of(settings)}:\n")
    print("| users | TaskManagers | events/s | CPU us an event | memory MB | state MB | bytes a user | checkpoint ms |")
    print(f"|{'--:|' * 8}", flush=True)
    for users, count in pairs:
        with running_place(wanted.seconds_max) as place, time_limit(wanted.seconds_max):
            cost = job_cost(place, f"scale-{users}-{count}", users, wanted.timed, count, settings, even=wanted.even)
        found.append(cost)
        print(f"| {' | '.join(f'{figure:,.0f}' for figure in cost)} |", flush=True)
    print()
    return found


def told_of(settings: dict[str, str]) -> str:
    return "".join(f", {key}={value}" for key, value in settings.items())


def _by_two(two: JobCost, one: JobCost) -> str:
    events, cpu = two.events_per_second / one.events_per_second, two.event_us / one.event_us
    return f"two TaskManagers against one: {events:.2f} times the events/s, {cpu:.2f} times the CPU an event\n"


def checked(what: str, ratio: float, most: float) -> bool:
    """Print whether a ratio is as small as it has to be."""
    holds = ratio <= most
    print(f"{what}: {ratio:.2f} times, at most {most:g}: {'holds' if holds else 'DOES NOT HOLD'}")
    return holds


def main() -> int:
    wanted = options()
    print(f"{machine()}\n{SOFTWARE}\n", flush=True)
    told: dict[str, object] = {"machine": machine(), "software": SOFTWARE}
    holds = True
    if "core" in wanted.only:
        core = core_part(wanted)
        told["core"] = {name: cost._asdict() for name, cost in core.items()}
        least, most = (core[f"{pick(wanted.segments)} segments"].event_us for pick in (min, max))
        holds &= checked(f"{max(wanted.segments)} segments against {min(wanted.segments)}", most / least, SEGMENTS_MOST)
    if "job" in wanted.only:
        costs = job_part(wanted)
        told["job"] = [cost._asdict() for cost in costs]
        one = {cost.users: cost for cost in costs if cost.task_managers == 1}
        least, most = (one[pick(wanted.users)].event_us for pick in (min, max))
        holds &= checked(f"{max(wanted.users):,} users against {min(wanted.users):,}, CPU", most / least, USERS_MOST)
        if not wanted.alone:
            print(_by_two(costs[-1], one[costs[-1].users]))
        for users in sorted({costs[-1].users, max(one)}):
            print(sizing(one[users]), end="\n\n")
    if wanted.json:
        wanted.json.write_text(json.dumps(told, indent=1))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
