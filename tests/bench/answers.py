"""Print what an answer of each model costs, in microseconds of one user, and what its three weights cost.

    uv run --no-sync livesegments import cdnow --out /tmp/cdnow.jsonl
    head -20000 /tmp/cdnow.jsonl > /tmp/first.jsonl
    OMP_NUM_THREADS=1 uv run --no-sync python tests/bench/answers.py /tmp/first.jsonl

Best of many rounds over 200 users, so that other work on the machine counts little. An answer includes bringing the
values of its features up to date, as at a look at an idle user.
"""

from __future__ import annotations

import argparse
import timeit
from collections.abc import Callable
from pathlib import Path

from customers_ours import definition_of

from livesegments.core.profile import Profile
from livesegments.core.replay import Replay
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.deciding import ModelDecider
from livesegments.models.engine import engine_with_models
from livesegments.models.passes import learn_models

USERS, ROUNDS = 200, 30


def main() -> None:
    """Learn, replay, and time each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    lines = parser.parse_args().events.read_bytes().splitlines()
    definition = definition_of([4], seed=1, predictions=True, more=", margin: 0.1")
    book = ModelBook(row.payload for row in learn_models(definition, lines))
    replay = Replay(engine_with_models(definition, book))
    list(replay.run(lines))
    profiles = [replay.profiles[user] for user in list(replay.profiles)[:USERS]]
    assert replay.engine.models is not None
    decider = replay.engine.models.decider
    assert isinstance(decider, ModelDecider)
    now_ms = max(profile.clock_ms for profile in profiles) + DAY_MS
    for clustering in decider._clusterings:
        cost = _cost(profiles, lambda one, told=clustering: told.decide(decider.book, one, now_ms, is_look=True))
        print(f"{'cluster (' + clustering.spec.algorithm + ')':28}{cost:8.1f}")
    for name, answerer in decider._answerers.items():
        cost = _cost(profiles, lambda one, told=answerer: told.answer(one, now_ms))
        for profile in profiles:
            answerer.decide(profile, now_ms)
        weights = _cost(profiles, lambda one, told=answerer: told.weights(one, now_ms))
        print(f"{name:28}{cost:8.1f}   weights {weights:8.1f}")


def _cost(profiles: list[Profile], call: Callable[[Profile], object]) -> float:
    """Give microseconds per user, of the quickest round."""
    rounds = timeit.repeat(lambda: [call(profile) for profile in profiles], number=1, repeat=ROUNDS)
    return min(rounds) / len(profiles) * 1e6


if __name__ == "__main__":
    main()
