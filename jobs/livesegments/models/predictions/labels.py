"""Labels that have had time to become true: questions kept until their horizon has passed in event time."""

import heapq
from typing import Any, NamedTuple

from livesegments.core.times import NEVER
from livesegments.models.predictions.question import Asks

__all__ = ["Label", "Labels"]

_ENTRY_BYTES = 32  # number, time, outcome and framing of one question in msgpack


class Label(NamedTuple):
    """A question and what came of it: for `will` 0 or 1, for `value` money, for `class` the number of a class."""

    user: str
    asked_ms: int
    payload: bytes
    outcome: float


class Labels:
    """The questions asked about each user and not yet answered.

    A question asked at t is answered at t + horizon, never sooner: neither by an early yes (yes would come faster
    than no, and chances would be too high) nor by an early no (Chapelle, KDD 2014). Its payload, packed when it is
    asked, is returned untouched, so nothing later than t can reach it. What is reported at time s counts for the
    questions with t <= s < t + horizon that were asked before the report.

    Questions of one user take at most `bytes_max`; beyond that no more are taken until one matures. Whether one is
    taken depends only on what was known at t, so that models of P(outcome | features) stay unbiased.
    """

    def __init__(self, asks: Asks, horizon_ms: int, bytes_max: int = 960) -> None:
        self._asks = asks
        self._horizon_ms = horizon_ms
        self._bytes_max = bytes_max
        self._waiting: dict[str, list[list[Any]]] = {}  # per user: [number, asked_ms, outcome, payload], as asked
        self._due: list[tuple[int, int, str]] = []  # a heap of (due_ms, number, user)
        self._forgotten = 0  # entries of the heap whose questions were dropped
        self._asked = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._due) - self._forgotten

    @property
    def due_ms(self) -> int:
        """Return when the next label matures, at the soonest."""
        return self._due[0][0] if self._due else NEVER

    def ask(self, user: str, at_ms: int, payload: bytes, outcome: float = 0.0) -> bool:
        """Keep a question until `at_ms` + horizon; False if the user's questions would take too much room.

        Questions about one user are asked in the order of time.

        `outcome` is the answer so far: the user's class now, or nothing yet.
        """
        waiting = self._waiting.setdefault(user, [])
        if sum(len(entry[3]) + _ENTRY_BYTES for entry in waiting) + len(payload) + _ENTRY_BYTES > self._bytes_max:
            self.refused += 1
            return False
        self._asked += 1
        waiting.append([self._asked, at_ms, outcome, payload])
        heapq.heappush(self._due, (at_ms + self._horizon_ms, self._asked, user))
        return True

    def report(self, user: str, at_ms: int, outcome: float) -> None:
        """Tell that the event happened (1), that money was spent, or which class the user is in from now on."""
        for entry in self._waiting.get(user, ()):
            if entry[1] <= at_ms < entry[1] + self._horizon_ms:
                entry[2] = entry[2] + outcome if self._asks == "value" else outcome

    def mature(self, now_ms: int) -> list[Label]:
        """Return and drop the labels due at or before `now_ms`, by due time, then in the order asked."""
        matured = []
        while self._due and self._due[0][0] <= now_ms:
            _, number, user = heapq.heappop(self._due)
            waiting = self._waiting.get(user, [])
            place = next((place for place, entry in enumerate(waiting) if entry[0] == number), None)
            if place is None:  # of a user who was forgotten
                self._forgotten -= 1
                continue
            _, asked_ms, outcome, payload = waiting.pop(place)
            matured.append(Label(user, asked_ms, payload, outcome))
            if not waiting:
                del self._waiting[user]
        return matured

    def forget(self, user: str) -> None:
        """Drop the user's questions without an answer (the user was erased)."""
        self._forgotten += len(self._waiting.pop(user, ()))
        if self._forgotten > len(self._due) // 2:
            self._due = self._due_of_waiting()
            self._forgotten = 0

    def snapshot(self) -> dict[str, Any]:
        """Return everything as plain values (payloads are bytes)."""
        waiting = {user: [list(entry) for entry in entries] for user, entries in self._waiting.items()}
        return {"asked": self._asked, "refused": self.refused, "waiting": waiting}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a snapshot; no question is lost or answered twice."""
        self._asked, self.refused = snapshot["asked"], snapshot["refused"]
        self._waiting = {user: [list(entry) for entry in entries] for user, entries in snapshot["waiting"].items()}
        self._due, self._forgotten = self._due_of_waiting(), 0

    def _due_of_waiting(self) -> list[tuple[int, int, str]]:
        waiting = self._waiting.items()
        due = [(entry[1] + self._horizon_ms, entry[0], user) for user, rows in waiting for entry in rows]
        heapq.heapify(due)
        return due
