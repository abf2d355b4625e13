"""An answer that moved past no constant decides nothing anew: the changes are those of deciding always."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.samples import line
from livesegments.core.definition import parse_definition
from livesegments.core.events import Event, decode
from livesegments.core.inference import Decision, Weight
from livesegments.core.profile import Answer, Profile
from livesegments.core.program import Program
from livesegments.core.step import Engine
from livesegments.core.times import NEVER

DEFINITION = parse_definition("""
version: 1
features:
  views: {count: page}
  chance: {prediction: buys}
  worth: {prediction: class}
  twice: {value: 'chance * 2'}
segments:
  likely: {when: 'chance >= 0.5', exit_when: 'chance < 0.3', min_dwell: 2d}
  unlikely: {when: 'chance < 0.2 && views > 1', cooldown: 3d}
  both: {when: 'likely || chance == 0.7'}
  known: {when: 'has(chance)'}
  unknown: {when: '!has(chance)'}
  once: {when: 'chance > 0.6', kind: static}
  double: {when: 'twice > 1.2'}
  sum: {when: 'chance + views > 3'}
  high: {when: 'worth == "high"'}
  none: {when: 'worth == null'}
predictions:
  buys: {will: Order Completed, within: 30d, features: [views]}
  class: {class: {high: 'views > 3'}, in: 30d, features: [views]}
""")
NUMBERS = st.one_of(st.none(), st.sampled_from([0.0, 0.2, 0.3, 0.5, 0.6, 0.7, 1.0]), st.floats(0.0, 1.0))
CLASSES = st.sampled_from([None, "high"])
ANSWERS = st.lists(st.tuples(NUMBERS, CLASSES), min_size=1, max_size=12)


class Told:
    """Answers what it is told, one pair of answers an event."""

    def __init__(self, program: Program, answers: list[tuple[float | None, str | None]]) -> None:
        self._answers = iter(answers)

    def observe(self, profile: Profile, event: Event) -> None:
        return

    def decide(self, profile: Profile, now_ms: int, *, is_look: bool = False) -> tuple[list[Decision], int]:
        decisions = []
        for name, value in zip(("buys", "class"), next(self._answers), strict=True):
            held = profile.predictions.pop(name, None)
            before = None if held is None else held.value
            if value is not None:
                profile.predictions[name] = Answer(value, 1)
            if value != before:
                decisions.append(Decision(name, 1, False, None, before, value))
        return decisions, NEVER

    def weights(self, profile: Profile, prediction: str, now_ms: int) -> list[Weight]:
        return []

    def answers(self, profile: Profile, now_ms: int) -> dict[str, Any]:
        return {}


def changes_of(answers: list[tuple[float | None, str | None]], hours: list[int], *, always: bool) -> list[bytes]:
    engine = Engine(DEFINITION, lambda program: Told(program, answers))
    program = engine.program
    if always:
        program.answer_mask = lambda prediction, *_: program.model_readers[prediction]  # type: ignore[method-assign]
    profile, found, hour = engine.restore("u", None), [], 0
    for number, pause in zip(range(len(answers)), hours, strict=False):
        hour += pause
        event = decode(line(type="page", event=None, day=hour / 24, messageId=f"m{number}"))
        _, changes = engine.apply(profile, event)
        found += [change.encode() for change in changes]
    return found


@pytest.mark.thorough
@settings(max_examples=300)
@given(ANSWERS, st.lists(st.integers(0, 60), min_size=12, max_size=12))
def test_the_changes_are_those_of_deciding_always(
    answers: list[tuple[float | None, str | None]], hours: list[int]
) -> None:
    assert changes_of(answers, hours, always=False) == changes_of(answers, hours, always=True)


@pytest.mark.parametrize(("before", "after", "woken"), [
    (0.31, 0.49, {"double", "sum"}),
    (0.29, 0.31, {"double", "sum", "likely", "both"}),
    (0.5, 0.51, {"double", "sum", "likely", "both"}),
    (None, 0.31, {"double", "sum", "likely", "both", "unlikely", "known", "unknown", "once"}),
])  # fmt: skip
def test_an_answer_wakes_those_whose_constants_it_passed(before: float | None, after: float, woken: set[str]) -> None:
    program = Engine(DEFINITION).program
    mask = program.answer_mask("buys", before, after)
    assert {segment.spec.name for segment in program.segments if segment.bit & mask} == woken
