"""Predictions of all users at month ends: idle ones too, and true outcomes."""

from datetime import UTC, datetime

import pytest

from livesegments.core.events import decode
from livesegments.core.replay import Replay
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.engine import engine_with_models
from livesegments.models.month_ends import at_month_ends
from livesegments.models.passes import learn_models
from models.prediction_lines import definition, shop_lines

LINES = shop_lines(users=40, days=75)
FEBRUARY_MS, MARCH_MS = (int(datetime(2024, month, 1, tzinfo=UTC).timestamp()) * 1000 for month in (2, 3))


@pytest.mark.thorough
def test_all_users_are_asked_about_and_the_outcomes_are_those_of_the_events() -> None:
    told = definition("buys", "worth")
    book = ModelBook(row.payload for row in learn_models(told, LINES))
    found = at_month_ends(told, book, LINES)
    assert found.keys() == {"buys", "worth"}
    events = [decode(line) for line in LINES]
    squares, rates, count = 0.0, 0.0, 0
    for end_ms in (FEBRUARY_MS, MARCH_MS):
        replay = Replay(engine_with_models(told, book))
        for line in LINES:
            if decode(line).time_ms <= end_ms:
                replay.feed(line)
        buyers = {
            event.user_id
            for event in events
            if event.event == "Order Completed" and end_ms < event.time_ms <= end_ms + 5 * DAY_MS
        }
        answers, bought = [], []
        for user in replay.profiles:
            profile = replay.profiles[user]
            replay.engine.advance(profile, end_ms)
            assert replay.engine.models is not None
            answers.append(replay.engine.models.answers(profile, end_ms)["buys"])
            bought.append(float(user in buyers))
        squares += sum((answer - outcome) ** 2 for answer, outcome in zip(answers, bought, strict=True))
        rate = sum(bought) / len(bought)
        rates += sum((rate - outcome) ** 2 for outcome in bought)
        count += len(answers)
    buys = found["buys"]
    assert (buys.months, buys.users, buys.silent) == (2, count, 0)
    assert buys.measures["brier"] == pytest.approx(squares / count)
    assert buys.base["brier"] == pytest.approx(rates / count)


def test_a_month_whose_horizon_the_events_do_not_reach_is_left_out() -> None:
    told = definition("buys")
    short = [line for line in LINES if decode(line).time_ms < MARCH_MS + 4 * DAY_MS]
    book = ModelBook(row.payload for row in learn_models(told, short))
    assert at_month_ends(told, book, short)["buys"].months == 1
