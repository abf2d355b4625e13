"""Everything the oracle keeps about one user between two lines."""

from dataclasses import dataclass, field
from typing import Any

from oracle.lines import Event


@dataclass(frozen=True)
class Applied:
    """One applied event, with its place in the order of arrival and the user's clock once it was applied."""

    event: Event
    arrival: int
    clock_ms: int

    @property
    def time_ms(self) -> int:
        return self.event.time_ms

    @property
    def order(self) -> tuple[int, int]:
        """Order by time; of equal times the later arrival is the newer."""
        return self.event.time_ms, self.arrival


@dataclass
class Profile:
    """One user: the applied events, and what decisions leave behind. No feature state."""

    user: str
    applied: list[Applied] = field(default_factory=list)
    clock_ms: int | None = None
    sequence: int = 0
    entered_ms: dict[str, int] = field(default_factory=dict)
    left_ms: dict[str, int] = field(default_factory=dict)
    decided: dict[str, bool] = field(default_factory=dict)
    message_ids: list[tuple[str, int]] = field(default_factory=list)
    bar_ms: int | None = None
    is_known: bool = False  # an event with this very id as `userId` was applied
    numbers_until_ms: int | None = None  # an ended visitor's numbers go on until then
    remembered: dict[Any, Any] = field(default_factory=dict)  # pure functions of `applied`; emptied when that grows

    def erase(self, bar_ms: int) -> None:
        """Forget all but the sequence, and put up the bar."""
        sequence = self.sequence
        self.__init__(self.user)  # type: ignore[misc]
        self.sequence, self.bar_ms = sequence, bar_ms
