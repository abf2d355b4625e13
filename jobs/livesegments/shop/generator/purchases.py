"""Every purchase of every user, planned before the first event: BG/NBD, phase by phase."""

from __future__ import annotations

import msgspec
import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.pace import SEASONS, Pace
from livesegments.shop.generator.people import People
from livesegments.shop.generator.settings import Bools, Floats, Ints, Settings
from livesegments.shop.generator.stories import BEHAVIOURS, BY_NAME, STORIES, Behaviour, Season

__all__ = ["Plan", "buy_until", "plan_purchases"]

_SEASON_NAMES: tuple[Season, ...] = ("all year", *SEASONS)
LAPSED = BY_NAME["lapsed"]


class Plan(msgspec.Struct, kw_only=True):
    """Who does what when. Changes and orders are sorted by time; the rest is one entry per user.

    `change_*` are the moments after arrival at which a user's behaviour changes, planned or by dropping out.
    `rate` is the last phase's purchases per day of purchase time, `dropout` its probability after each purchase.
    """

    order_ms: Ints
    order_user: Ints
    change_ms: Ints
    change_user: Ints
    change_to: Ints
    rate: Floats
    dropout: Floats
    alive: Bools
    chance_30d: Floats


def buy_until(
    rng: np.random.Generator, begin: Floats, end: Floats, rate: Floats, dropout: Floats
) -> tuple[Ints, Floats, Floats]:
    """Simulate repeat purchases in purchase time between `begin` and `end`, one entry per user.

    Returns the index of the user and the time of each purchase, and per user the time of dropping out (inf: never).
    """
    now = begin.copy()
    dropped = np.full(begin.size, np.inf)
    active = np.flatnonzero(rate > 0)
    users: list[Ints] = []
    times: list[Floats] = []
    while active.size:
        now[active] += rng.standard_exponential(active.size) / rate[active]
        active = active[now[active] < end[active]]
        users.append(active.astype(np.int64))
        times.append(now[active])
        leaves = rng.random(active.size) < dropout[active]
        dropped[active[leaves]] = now[active[leaves]]
        active = active[~leaves]
    if not users:
        return np.empty(0, np.int64), np.empty(0), dropped
    return np.concatenate(users), np.concatenate(times), dropped


class _Planner:
    """Collects orders and changes while the phases are planned."""

    def __init__(self, settings: Settings, people: People, rng: np.random.Generator) -> None:
        self.settings, self.people, self.rng = settings, people, rng
        self.paces = {name: Pace(name, settings.start_ms, settings.days) for name in _SEASON_NAMES}
        self.orders: list[tuple[Ints, Ints]] = []
        self.changes: list[tuple[Ints, Ints, Ints]] = []
        self.rate = np.zeros(settings.users)
        self.dropout = np.zeros(settings.users)
        self.alive = np.zeros(settings.users, dtype=np.bool_)
        self.chance_30d = np.zeros(settings.users)

    def phase(self, behaviour: Behaviour, users: Ints, begin_ms: Ints, end_ms: Ints, *, last: bool) -> None:
        """Plan one behaviour of these users, each from its begin to its end."""
        size = users.size
        rate = self.rng.standard_gamma(behaviour.r, size) / behaviour.alpha if behaviour.r else np.zeros(size)
        dropout = self.rng.beta(behaviour.a, behaviour.b, size) if behaviour.a and last else np.zeros(size)
        self.rate[users], self.dropout[users] = rate, dropout
        if behaviour.first_order:
            self.orders.append((begin_ms, users))
        season = self.people.season[users] if behaviour.seasonal else np.zeros(size, np.int64)
        for number, name in enumerate(_SEASON_NAMES):
            mine = season == number
            if mine.any():
                self._buy(self.paces[name], users[mine], begin_ms[mine], end_ms[mine], rate[mine], dropout[mine])

    def _buy(self, pace: Pace, users: Ints, begin_ms: Ints, end_ms: Ints, rate: Floats, dropout: Floats) -> None:
        ahead_ms = self.people.offset_ms[users]
        end = pace.passed(end_ms + ahead_ms)
        bought, times, dropped = buy_until(self.rng, pace.passed(begin_ms + ahead_ms), end, rate, dropout)
        self.orders.append((pace.moment_ms(times) - ahead_ms[bought], users[bought]))
        gone = np.flatnonzero(np.isfinite(dropped))
        gone_ms = pace.moment_ms(dropped[gone]) - ahead_ms[gone]
        self.changes.append((gone_ms, users[gone], np.full(gone.size, LAPSED, np.int64)))
        alive = np.isinf(dropped) & (rate > 0)
        self.alive[users] = alive
        soon = pace.passed(end_ms + 30 * DAY_MS + ahead_ms) - end
        self.chance_30d[users] = np.where(alive, -np.expm1(-rate * soon), 0.0)

    def plan(self) -> Plan:
        """Give everything in time order."""
        order_ms = np.concatenate([times for times, _ in self.orders])
        order_user = np.concatenate([users for _, users in self.orders])
        in_time = np.lexsort((order_user, order_ms))
        change_ms, change_user, change_to = (
            np.concatenate([change[part] for change in self.changes]) for part in range(3)
        )
        changed = np.lexsort((change_user, change_ms))
        return Plan(
            order_ms=order_ms[in_time],
            order_user=order_user[in_time],
            change_ms=change_ms[changed],
            change_user=change_user[changed],
            change_to=change_to[changed],
            rate=self.rate,
            dropout=self.dropout,
            alive=self.alive,
            chance_30d=self.chance_30d,
        )


def plan_purchases(settings: Settings, people: People, rng: np.random.Generator) -> Plan:
    """Plan the orders and changes of behaviour of all users between the start and the end."""
    planner = _Planner(settings, people, rng)
    for number, story in enumerate(STORIES):
        users = np.flatnonzero(people.story == number).astype(np.int64)
        if not users.size:
            continue
        end_ms = np.full(users.size, settings.end_ms, np.int64)
        first, *later = (BY_NAME[name] for name in story.behaviours)
        if not later:
            planner.phase(BEHAVIOURS[first], users, people.arrived_ms[users], end_ms, last=True)
            continue
        switch_ms = people.switch_ms[users]
        planner.phase(BEHAVIOURS[first], users, people.arrived_ms[users], switch_ms, last=False)
        planner.changes.append((switch_ms, users, np.full(users.size, later[0], np.int64)))
        planner.phase(BEHAVIOURS[later[0]], users, switch_ms, end_ms, last=True)
    return planner.plan()
