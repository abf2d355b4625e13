"""Labels mature after the full horizon, carry nothing from the future, and survive a restart."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from livesegments.models.predictions.labels import Labels

HORIZON_MS = 100


def test_a_yes_waits_for_the_full_horizon_like_a_no():
    labels = Labels("will", HORIZON_MS)
    labels.ask("ann", 1000, b"first")
    labels.ask("bob", 1000, b"second")
    labels.report("ann", 1001, 1.0)
    assert labels.mature(1099) == []
    assert [(label.user, label.outcome) for label in labels.mature(1100)] == [("ann", 1.0), ("bob", 0.0)]


def test_an_event_counts_from_the_question_on_and_not_at_the_end_of_the_horizon():
    labels = Labels("will", HORIZON_MS)
    for user, at_ms in (("early", 999), ("at once", 1000), ("last", 1099), ("late", 1100)):
        labels.ask(user, 1000, b"")
        labels.report(user, at_ms, 1.0)
    assert [label.outcome for label in labels.mature(2000)] == [0.0, 1.0, 1.0, 0.0]


def test_what_happened_before_the_question_arrived_does_not_count():
    labels = Labels("will", HORIZON_MS)
    labels.report("ann", 1000, 1.0)
    labels.ask("ann", 1000, b"")
    assert labels.mature(1100)[0].outcome == 0.0


def test_money_adds_up_and_the_last_class_counts():
    value, classes = Labels("value", HORIZON_MS), Labels("class", HORIZON_MS)
    value.ask("ann", 0, b"")
    classes.ask("ann", 0, b"", outcome=2.0)
    for at_ms, amount in ((1, 10.0), (99, 2.5), (100, 7.0)):
        value.report("ann", at_ms, amount)
        classes.report("ann", at_ms, amount)
    assert value.mature(100)[0].outcome == 12.5
    assert classes.mature(100)[0].outcome == 2.5


def test_questions_of_one_user_stay_below_the_limit_and_others_are_not_touched():
    labels = Labels("will", HORIZON_MS, bytes_max=960)
    taken = [labels.ask("ann", at_ms, bytes(64)) for at_ms in range(50)]
    assert taken == [True] * 10 + [False] * 40
    assert labels.refused == 40
    assert len(msgspec.msgpack.encode(labels.snapshot()["waiting"]["ann"])) <= 960
    assert labels.ask("bob", 50, bytes(64))
    labels.mature(HORIZON_MS)
    assert labels.ask("ann", 101, bytes(64))


def test_an_erased_user_leaves_no_question():
    labels = Labels("will", HORIZON_MS)
    labels.ask("ann", 0, b"")
    labels.ask("bob", 0, b"")
    labels.forget("ann")
    assert len(labels) == 1
    assert [label.user for label in labels.mature(HORIZON_MS)] == ["bob"]


steps = st.lists(
    st.tuples(st.sampled_from(["ask", "report", "restart"]), st.sampled_from(["ann", "bob"]), st.integers(0, 40)),
    max_size=60,
)


@given(steps)
def test_labels_equal_recomputation_whenever_they_are_restarted(steps):
    labels, now_ms, asked, happened, matured = Labels("will", HORIZON_MS, bytes_max=10**6), 0, [], [], []
    for place, (what, user, later_ms) in enumerate(steps):
        now_ms += later_ms
        matured += labels.mature(now_ms)
        if what == "ask":
            labels.ask(user, now_ms, str(place).encode())
            asked.append((now_ms, place, user))
        elif what == "report":
            labels.report(user, now_ms, 1.0)
            happened.append((now_ms, place, user))
        else:
            stored = msgspec.msgpack.encode(labels.snapshot())
            labels = Labels("will", HORIZON_MS, bytes_max=10**6)
            labels.restore(msgspec.msgpack.decode(stored))
    matured += labels.mature(now_ms + HORIZON_MS)
    expected = [
        (user, at_ms, str(place).encode(), float(any(
            name == user and at_ms <= when < at_ms + HORIZON_MS and later > place for when, later, name in happened
        )))
        for at_ms, place, user in asked
    ]  # fmt: skip
    assert [tuple(label) for label in matured] == expected
