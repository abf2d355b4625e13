"""Which clause of a condition decides: what must be otherwise for the answer to be otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from livesegments.core.conditions import Node
from livesegments.core.conditions.tree import Choice, Logic, Not, children, walk

__all__ = ["decisive", "outcome"]

Answers = Sequence[bool | None]


def outcome(condition: Node, answers: Answers) -> bool | None:
    """Give what a condition answers when its clauses, in text order, answer so; None is unknown."""
    return _answer(condition, iter(answers))


def decisive(condition: Node, answers: Answers) -> tuple[int, ...]:
    """Give the clauses, by index, each of which alone turns the condition when it answers otherwise.

    Where none does so alone: of a condition that is met all clauses that hold, else all that do not.
    """
    met = outcome(condition, answers) is True
    alone = tuple(
        index
        for index, answer in enumerate(answers)
        if (outcome(condition, [*answers[:index], answer is not True, *answers[index + 1 :]]) is True) is not met
    )
    return alone or tuple(index for index, answer in enumerate(answers) if (answer is True) is met)


def _answer(node: Node, answers: Iterator[bool | None]) -> bool | None:
    if not any(isinstance(part, Logic | Not) for part in walk(node)):
        return next(answers)
    below = [_answer(child, answers) for child in children(node)]
    match node:
        case Not():
            return None if below[0] is None else not below[0]
        case Logic(operator="&&"):
            return False if False in below else None if None in below else True
        case Logic(operator="||"):
            return True if True in below else None if None in below else False
        case Choice():
            return None if below[0] is None else below[1] if below[0] else below[2]
    return None
