"""Explain one user: what is known, which segments hold and why, and what changes next if nothing happens."""

from livesegments.core.explain.explain import explain
from livesegments.core.explain.history import History, near_users
from livesegments.core.explain.limits import AtLimit, at_limits
from livesegments.core.explain.outlook import HORIZON_MS, next_change
from livesegments.core.explain.records import (
    BadLine,
    Distance,
    ExplainedClause,
    ExplainedCondition,
    ExplainedFeature,
    ExplainedSegment,
    Explanation,
    FeatureDistance,
    Inheritance,
    InheritedEvent,
    NextChange,
)

__all__ = [
    "HORIZON_MS",
    "AtLimit",
    "BadLine",
    "Distance",
    "ExplainedClause",
    "ExplainedCondition",
    "ExplainedFeature",
    "ExplainedSegment",
    "Explanation",
    "FeatureDistance",
    "History",
    "Inheritance",
    "InheritedEvent",
    "NextChange",
    "at_limits",
    "explain",
    "near_users",
    "next_change",
]
