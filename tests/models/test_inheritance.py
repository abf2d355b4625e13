"""A user who inherits from a visitor is decided by the models, and looked at again, as after any event."""

from __future__ import annotations

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.times import NEVER
from livesegments.models.book import ModelBook
from livesegments.models.engine import engine_with_models


def test_a_user_who_inherits_where_nobody_is_looked_at_can_be_stored() -> None:
    predictions = {"buys": {"will": "Order Completed", "within": "30d", "model": "logistic_regression"}}
    of = definition({"views": {"count": "Product Viewed"}}, {}, predictions=predictions, identity={})
    engine = engine_with_models(of, ModelBook([]))
    profile = engine.restore("ann", None)
    put, _ = engine.inherit(profile, "cookie", [decode(line("cookie"))], decode(line()).time_ms)
    assert len(put) == 1
    assert profile.look_ms == profile.due_ms == NEVER
    restored = engine.restore("ann", engine.snapshot(profile))
    assert engine.values(restored, restored.clock_ms) == [1]
