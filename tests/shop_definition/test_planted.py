"""The segments of shop.yaml against what was planted: carts, checkouts, birthdays, sign-up dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from bench.segments import needed_for
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, parse_time
from livesegments.shop.generator import Truth, generate, truth
from shop_definition.planted import PLANTED

USERS, DAYS, SEED = 250, 70, 21
START_MS = parse_time("2024-11-20T00:00:00Z")  # the year ends on the way
END_MS = START_MS + DAYS * DAY_MS
MOMENTS_MS = range(START_MS + DAY_MS, END_MS, 5 * 3_600_000 + 1_234_567)
DEFINITION = needed_for([*PLANTED, "holdout"])
EXACT = [name for name in PLANTED if name != "abandoned_cart"]

Turns = dict[str, dict[str, list[int]]]


class Counted(NamedTuple):
    """Users at moments: those of the truth who are members, those who are not, and members who are not of the truth."""

    right: int
    missing: int
    wrong: int


@pytest.fixture(scope="module")
def truths() -> list[Truth]:
    return list(truth(USERS, DAYS, SEED, start_ms=START_MS, carts=True))


@pytest.fixture(scope="module")
def turns() -> Turns:
    """Give when each user entered and left, in turn, by segment; in a shop whose events all come at once."""
    return turns_of(generate(USERS, DAYS, SEED, start_ms=START_MS, carts=True, late=0))


@pytest.fixture(scope="module")
def noisy() -> Turns:
    """Give the same where events come late."""
    return turns_of(generate(USERS, DAYS, SEED, start_ms=START_MS, carts=True, late=0.05))


def turns_of(lines: Iterable[bytes]) -> Turns:
    found: Turns = defaultdict(lambda: defaultdict(list))
    for change in Replay(Engine(DEFINITION), END_MS).run(lines):
        found[change.detail.segment][change.detail.user_id].append(change.time_ms)
    return found


def counted(name: str, truths: list[Truth], turns: Turns, moments_ms: Iterable[int]) -> Counted:
    right = missing = wrong = 0
    for now_ms in moments_ms:
        for user in truths:
            is_member = sum(turn_ms <= now_ms for turn_ms in turns[name][user.user]) % 2 == 1
            should = PLANTED[name](user, now_ms)
            right += should and is_member
            missing += should and not is_member
            wrong += is_member and not should
    return Counted(right, missing, wrong)


def ordered_within_a_week(user: Truth, now_ms: int) -> bool:
    return any(cart.ordered and 0 <= now_ms - parse_time(cart.ordered) < 7 * DAY_MS for cart in user.carts or ())


@pytest.mark.parametrize("name", EXACT)
def test_at_every_moment_the_members_are_those_of_the_truth(name: str, truths: list[Truth], turns: Turns) -> None:
    found = counted(name, truths, turns, MOMENTS_MS)
    assert found.right > 200
    assert (found.missing, found.wrong) == (0, 0)


@pytest.mark.parametrize("name", EXACT)
def test_at_the_end_the_members_are_those_of_the_truth_however_late_events_come(
    name: str, truths: list[Truth], noisy: Turns
) -> None:
    found = counted(name, truths, noisy, [END_MS])
    assert found.right
    assert (found.missing, found.wrong) == (0, 0)


def test_an_abandoned_cart_is_one_and_is_missed_only_where_another_cart_was_ordered(
    truths: list[Truth], turns: Turns
) -> None:
    """Without an id of the cart, which not every shop sends, an order of whatever cart ends all of them."""
    found = counted("abandoned_cart", truths, turns, MOMENTS_MS)
    assert found.right > 200
    assert found.wrong == 0
    assert found.right / (found.right + found.missing) > 0.85
    for now_ms in MOMENTS_MS:
        rest = [user for user in truths if not ordered_within_a_week(user, now_ms)]
        assert counted("abandoned_cart", rest, turns, [now_ms]).missing == 0


def test_nobody_is_asked_about_two_things_left_behind(truths: list[Truth], turns: Turns) -> None:
    for user in truths:
        checkout, cart = (turns[name][user.user] for name in ("abandoned_checkout", "abandoned_cart"))
        for now_ms in {*checkout, *cart}:
            assert sum(sum(turn_ms <= now_ms for turn_ms in told) % 2 for told in (checkout, cart)) <= 1


def test_the_holdout_is_a_tenth_and_stays(turns: Turns) -> None:
    assert {len(told) for told in turns["holdout"].values()} == {1}
    assert 0.05 < len(turns["holdout"]) / USERS < 0.15
