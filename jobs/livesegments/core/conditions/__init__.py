"""Conditions: a subset of CEL, read once and compiled to fast Python; pure, without Flink and without a clock."""

from livesegments.core.conditions.canonical import Canonical, canonical
from livesegments.core.conditions.compile import compile_condition, compile_value, condition_source, value_source
from livesegments.core.conditions.errors import ConditionError
from livesegments.core.conditions.runtime import RUNTIME, UNKNOWN
from livesegments.core.conditions.syntax import LENGTH_MAX, parse
from livesegments.core.conditions.timed import Threshold, TimedAtom, compared, thresholds, timed
from livesegments.core.conditions.tree import Clause, Node, as_it_counts, clauses, conjuncts, names

__all__ = [
    "LENGTH_MAX",
    "RUNTIME",
    "UNKNOWN",
    "Canonical",
    "Clause",
    "ConditionError",
    "Node",
    "Threshold",
    "TimedAtom",
    "as_it_counts",
    "canonical",
    "clauses",
    "compared",
    "compile_condition",
    "compile_value",
    "condition_source",
    "conjuncts",
    "names",
    "parse",
    "thresholds",
    "timed",
    "value_source",
]
