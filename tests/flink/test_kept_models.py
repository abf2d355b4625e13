"""What ModelKeeper keeps of the learned rows: the newest versions of each model, and not how good they are."""

from __future__ import annotations

from typing import Any

import pytest

from flink.compiled import java_class, new
from livesegments.flink.frames import TABLES, RowFrame

pytestmark = pytest.mark.flink


def kept_of(kept: Any) -> list[tuple[str, bytes]]:
    return [(version.getField(0), bytes(version.getField(1))) for version in kept.all()]


def test_the_newest_versions_of_each_model_are_kept_and_no_qualities(gateway: Any) -> None:
    kept, rows = new(gateway, java_class(gateway, "KeptModels"), 2), RowFrame()
    for number in range(4):
        rows.add(TABLES.index("segment_models"), "clusters/grüße", b"habits %d" % number)
        rows.add(TABLES.index("segment_models"), "predictions/buys/quality", b"quality %d" % number)
    rows.add(TABLES.index("segment_models"), "predictions/buys", b"")
    (content,) = rows.take()
    for version in kept.read(content):
        kept.keep(version)
    expected = [("clusters/grüße", b"habits 2"), ("clusters/grüße", b"habits 3"), ("predictions/buys", b"")]
    assert kept_of(kept) == expected
    kept.clear()
    assert kept_of(kept) == []
