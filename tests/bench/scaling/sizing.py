"""From what was measured to what a load needs: TaskManagers, cores, state. Nothing here was measured."""

from __future__ import annotations

import math

from bench.scaling.job_costs import JobCost

__all__ = ["sizing"]

BUSY = 0.7  # of what a TaskManager can do, so that it catches up after an outage
RATES = (1_000, 10_000, 100_000, 1_000_000)
USERS_PER_RATE = 1_000  # an event in a quarter of an hour from each


def sizing(one: JobCost) -> str:
    """Give a table of what rates need if each TaskManager does what the one that was measured did."""
    rows = [
        f"Extrapolated from {one.users:,} users, {one.events_per_second:,.0f} events/s and {one.event_us:.0f} CPU us "
        f"an event of one TaskManager, {one.user_bytes:,.0f} bytes of state a user (of as few events as here), "
        f"{BUSY:.0%} busy, {USERS_PER_RATE:,} users for each event a second; as many partitions and shards as "
        "TaskManagers, at least:",
        "",
        "| events/s | TaskManagers | cores for them | users | state GB |",
        "|--:|--:|--:|--:|--:|",
    ]
    for rate in RATES:
        parts = math.ceil(rate / (BUSY * one.events_per_second))
        cores = math.ceil(rate * one.event_us / 1e6 / BUSY)
        users = rate * USERS_PER_RATE
        state = users * one.user_bytes / 1e9
        rows.append(f"| {rate:,} | {parts:,} | {cores:,} | {users:,} | {state:,.1f} |")
    return "\n".join(rows)
