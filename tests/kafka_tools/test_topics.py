"""The declared topics."""

from __future__ import annotations

from livesegments.kafka import TOPICS, read_settings
from livesegments.kafka.topics import DEAD_LETTERS, EVENTS, PROFILES, RELAY_TOPICS


def test_topics_are_those_of_the_contract() -> None:
    assert [topic.name for topic in TOPICS] == [
        "events.v1",
        "segment-changes.v1",
        "profiles.v1",
        "events.dead-letter.v1",
        "segment-models.v1",
    ]
    assert [topic.name for topic in TOPICS if topic.compacted] == ["profiles.v1", "segment-models.v1"]
    assert {relay: topic.name for relay, topic in RELAY_TOPICS.items()} == {
        "kinesis": "kinesis-positions.v1",
        "webhook": "segment-changes.undelivered.v1",
    }


def test_old_events_are_kept_unless_the_user_sets_a_limit() -> None:
    assert EVENTS.configs()["retention.ms"] == "-1"
    assert EVENTS.configs(1_000)["retention.ms"] == "1000"


def test_an_erased_profile_is_gone_within_days() -> None:
    configs = PROFILES.configs(1_000)
    assert configs["cleanup.policy"] == "compact"
    assert configs["max.compaction.lag.ms"] == "86400000"
    assert "retention.ms" not in configs


def test_the_largest_event_fits_into_a_dead_letter_six_times() -> None:
    assert DEAD_LETTERS.largest_bytes > 6 * EVENTS.largest_bytes


def test_the_environment_renames_topics() -> None:
    settings = read_settings({"EVENTS_TOPIC": "shop.events"})
    assert (settings.topic(EVENTS), settings.topic(PROFILES)) == ("shop.events", "profiles.v1")
