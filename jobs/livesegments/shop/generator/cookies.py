"""Who is known by which id: cookies of devices, logins and logouts, shared devices, cookies that are deleted.

What a browser or an app sends has the cookie of the device, and the user's id too while the user is logged in there.
What the shop's own servers send (identify, messages, refunds) has the user's id alone; who orders is logged in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.generator.settings import Bools, Ints

__all__ = ["Cookies"]

OWN, SECOND, SHARED = range(3)
_HAS_SECOND, _HAS_SHARED = 0.4, 0.3
_ON_SECOND, _ON_SHARED = 0.25, 0.3
_LOGS_IN, _LOGS_OUT, _DELETES = 0.25, 0.05, 0.01
_BY_SERVERS = re.compile(r'^{"type":"(?:identify"|track","event":"(?:Email|SMS|Push|Order Refunded))')
_ORDERS = '{"type":"track","event":"Order Completed"'
_USER = re.compile(r'"userId":"([^"]*)"')


class Cookies:
    """Each user's device of the day, and when the user is logged in there.

    On a device of their own users stay logged in until they log out or delete its cookie. On a shared one, that of
    every other user and the one before, they are logged in for the rest of the day at most.
    """

    __slots__ = (
        "_cookies", "_end_ms", "_from_ms", "_logged_in", "_made", "_numbers", "_rng", "_second", "_shared",
        "_until_ms", "anonymous_events", "worn",
    )  # fmt: skip

    def __init__(self, users: Sequence[str], end_ms: int, rng: np.random.Generator) -> None:
        size = len(users)
        self._end_ms = end_ms
        self._rng = rng
        self._numbers = {user: number for number, user in enumerate(users)}
        self._second: Bools = rng.random(size) < _HAS_SECOND
        self._shared: Bools = np.repeat(rng.random(size // 2 + 1) < _HAS_SHARED, 2)[:size]
        self._logged_in = np.zeros((size, 2), np.bool_)
        self._made: Ints = np.zeros((size, 2), np.int64)  # how often a cookie was deleted
        self._cookies: list[str] = []
        self._from_ms = self._until_ms = np.zeros(size, np.int64)
        self.worn: list[dict[str, None]] = [{} for _ in range(size)]  # by user, the cookies in order
        self.anonymous_events = [0] * size

    def open_day(self, day_ms: int) -> None:
        """Draw each user's device of the day, and from when until when the user is logged in there."""
        rng, size = self._rng, self._second.size
        chances = rng.random((6, size))
        moments = np.sort(day_ms + (rng.random((2, size)) * DAY_MS).astype(np.int64), axis=0)
        device = np.where(self._second & (chances[0] < _ON_SECOND), SECOND, OWN)
        device = np.where(self._shared & (chances[1] < _ON_SHARED), SHARED, device)
        rows, column = np.arange(size), np.minimum(device, SECOND)
        is_own = device != SHARED
        deletes = is_own & (chances[2] < _DELETES)
        self._made[rows[deletes], column[deletes]] += 1
        was_in = is_own & ~deletes & self._logged_in[rows, column]
        logs_in = ~was_in & (chances[3] < _LOGS_IN)
        logs_out = (was_in | logs_in) & (chances[4] < _LOGS_OUT)
        self._logged_in[rows[is_own], column[is_own]] = ((was_in | logs_in) & ~logs_out)[is_own]
        self._from_ms = np.where(was_in, day_ms, np.where(logs_in, moments[0], day_ms + 2 * DAY_MS))
        self._until_ms = np.where(logs_out, moments[1], day_ms + 2 * DAY_MS)
        self._cookies = [
            f"home-{number // 2}" if kind == SHARED else f"{'mp'[kind]}{number}-{self._made[number, kind]}"
            for number, kind in enumerate(device.tolist())
        ]

    def put_on(self, times_ms: Ints, texts: Sequence[str]) -> list[str]:
        """Give lines with the ids that they are sent with."""
        return [self._one(time_ms, text) for time_ms, text in zip(times_ms.tolist(), texts, strict=True)]

    def _one(self, time_ms: int, text: str) -> str:
        if _BY_SERVERS.match(text):
            return text
        found = _USER.search(text)
        assert found is not None
        number = self._numbers[found[1]]
        cookie = self._cookies[number]
        happens = time_ms < self._end_ms  # else it is not delivered
        if happens:
            self.worn[number][cookie] = None
        with_cookie = f'"anonymousId":"{cookie}"'
        is_in = self._from_ms[number] <= time_ms < self._until_ms[number]
        if is_in or text.startswith(_ORDERS):
            return f"{text[: found.end()]},{with_cookie}{text[found.end() :]}"
        self.anonymous_events[number] += happens
        return f"{text[: found.start()]}{with_cookie}{text[found.end() :]}"
