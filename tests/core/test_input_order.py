"""The order of users in the input does not matter, and neither does how it is split into files."""

import random

import pytest
from hypothesis import HealthCheck, given, settings

from core.replays import replay
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from oracle.strategies import Case, cases


def user_of(raw: bytes) -> str:
    try:
        return decode(raw).user_id
    except BadEvent:
        return ""


@pytest.mark.thorough
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(cases())
def test_users_may_come_in_any_order(case: Case) -> None:
    run, changes = replay(case)
    by_user = sorted(case.lines, key=user_of)
    waiting: dict[str, list[bytes]] = {}
    for raw in case.lines:
        waiting.setdefault(user_of(raw), []).append(raw)
    chance, mixed = random.Random(7), []
    while waiting:
        user = chance.choice(sorted(waiting))
        mixed.append(waiting[user].pop(0))
        if not waiting[user]:
            del waiting[user]
    for lines in (by_user, mixed):
        other_run, other = replay(Case(case.definition, lines, case.until_ms))
        assert other == changes
        assert other_run.counts == run.counts
        assert list(other_run.documents()) == list(run.documents())
