"""bucket: a number of the user id alone, even, and the same for ever."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.features import bucket_of
from livesegments.core.replay import Replay
from livesegments.core.step import Engine

FEATURES = {"holdout": {"bucket": "holdout"}, "views": {"count": "Product Viewed"}}
SEGMENTS = {"held_back": {"when": "holdout < 10"}, "told": {"when": "views >= 2 && holdout >= 10"}}


@pytest.mark.parametrize(
    ("name", "user", "bucket"),
    [
        ("holdout", "12345", 77),
        ("holdout", "12346", 98),
        ("price test", "12345", 3),
        ("", "", 96),
        ("ä", "ö\U0001f600", 99),
    ],
)
def test_the_number_never_changes(name: str, user: str, bucket: int) -> None:
    assert bucket_of(name, user) == bucket


@given(st.text(), st.text(alphabet=st.characters()))
def test_it_is_the_hash_of_the_contract(name: str, user: str) -> None:
    text = name.encode("utf-8", "surrogatepass") + b"\0" + user.encode("utf-8", "surrogatepass")
    assert bucket_of(name, user) == int(blake2b(text, digest_size=8).hexdigest(), 16) % 100


def test_users_are_spread_evenly_and_independently_of_another_name() -> None:
    users = [f"user-{number}" for number in range(100_000)]
    first, second = ([bucket_of(name, user) for user in users] for name in ("a", "b"))
    for found in (first, second):
        counts = [found.count(bucket) for bucket in range(100)]
        # Pearson's statistic of 99 degrees of freedom; 1 in 10,000 even hashes is beyond 159
        assert sum((count - 1_000) ** 2 / 1_000 for count in counts) < 159
    both = sum(1 for pair in zip(first, second, strict=True) if max(pair) < 50)
    assert abs(both - 25_000) < 600


def test_segments_read_it_from_the_first_event_on() -> None:
    engine = Engine(definition(FEATURES, SEGMENTS))
    users = [f"u{number}" for number in range(300)]
    run = Replay(engine)
    changes = list(run.run([line(user, day=day) for day in (0, 1) for user in users]))
    told = {name: {c.detail.user_id for c in changes if c.detail.segment == name} for name in SEGMENTS}
    assert told["held_back"] == {user for user in users if bucket_of("holdout", user) < 10}
    assert told["told"] == set(users) - told["held_back"]
    assert 10 < len(told["held_back"]) < 60


def test_it_survives_bytes_and_an_erase_and_stands_in_the_document() -> None:
    engine = Engine(definition(FEATURES, SEGMENTS))
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line()))
    again = engine.restore("u", engine.snapshot(profile))
    assert engine.document(again) == engine.document(profile)
    engine.apply(profile, decode(line(type="erase", event=None, day=1)))
    engine.apply(profile, decode(line(day=2)))
    slot = engine.program.slots["holdout"]
    assert engine.values(profile, profile.clock_ms)[slot] == bucket_of("holdout", "u")
