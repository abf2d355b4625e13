"""Which message ids a user has, held against a plain list; of bytes that are alike, so that hashes seem to overlap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livesegments.core.seen import SeenIds

KEPT_MS, MOST = 50, 4
KEYS = [b"aaaaaaaa", b"aaaaaaab", b"baaaaaaa", b"abababab", b"babababa", b"aaaabaaa"]
steps = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 20)), max_size=20)


@given(steps)
def test_an_id_is_seen_while_it_is_kept(steps: list[tuple[bytes, int]]) -> None:
    seen, kept, now_ms = SeenIds(), list[tuple[bytes, int]](), 0
    for key, later_ms in steps:
        now_ms += later_ms
        held = [at_ms for known, at_ms in kept if known == key and now_ms - at_ms < KEPT_MS]
        assert seen.has(key, now_ms, KEPT_MS) == bool(held)
        if held:
            continue
        seen.add(key, now_ms, now_ms - KEPT_MS, MOST)
        kept = [pair for pair in [*kept, (key, now_ms)] if pair[1] > now_ms - KEPT_MS][-MOST:]
        assert len(seen) == len(kept)
