"""Which limit a feature has hit, in words."""

from __future__ import annotations

from typing import Any

from livesegments.core.explain.words import about
from livesegments.core.features import Feature, Ratio, Session, Share
from livesegments.core.features.feature import StoredFeature
from livesegments.core.features.tallies import Tally
from livesegments.core.features.windows import Series

__all__ = ["limit_words"]


def limit_words(feature: Feature, state: Any, now_ms: int) -> str | None:
    """Say which limit was hit and what that means for the value; None if none was."""
    found = [_panes(feature, state), _distinct(feature, state, now_ms)]
    return "; ".join(text for text in found if text) or None


def _panes(feature: Feature, state: Any) -> str:
    if not feature.in_panes(state):
        return ""
    if isinstance(feature, Session):
        return f"over {feature.samples:,} sessions: they leave the window {about(feature.pane_ms)} at a time"
    if isinstance(feature, StoredFeature | Ratio) and isinstance(feature.store, Series):
        store = feature.store
        return f"over {store.samples:,} events: they leave the window {about(store.pane_ms)} at a time"
    return "counts in panes"


def _distinct(feature: Feature, state: Any, now_ms: int) -> str:
    """Values beyond the limit count in the total only, which is then more than the sum of the counts."""
    if not isinstance(feature, Tally) or (isinstance(feature, Share) and feature.key is not None):
        return ""
    counts, total = feature.counts(state, now_ms)
    return (
        f"over {feature.distinct:,} values: further ones count in the total only"
        if sum(counts.values()) < total
        else ""
    )
