"""The topics of the job and of the relays: names, what their records are keyed by, and how Kafka keeps them."""

from __future__ import annotations

import msgspec

__all__ = [
    "ALL_TOPICS",
    "CHANGES",
    "DEAD_LETTERS",
    "EVENTS",
    "KINESIS_POSITIONS",
    "MODELS",
    "PARTITIONS",
    "PROFILES",
    "RELAY_TOPICS",
    "TOPICS",
    "UNDELIVERED",
    "Topic",
]

PARTITIONS = 4
_DAY_MS = 86_400_000


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic; the environment variable `variable` may give it another name.

    A compacted topic keeps the newest record of each key and forgets within a day what a tombstone deletes.
    Record times are event times, so a time limit would delete old events as soon as they are sent: there is none
    unless the user sets one.
    """

    name: str
    variable: str
    title: str
    description: str
    record: str  # the schema of its records, by the name of its file
    key: str
    compacted: bool = False
    by_user: bool = True  # keyed by user id: has as many partitions as the events
    largest_bytes: int = 1_048_588  # what a broker takes by default

    def configs(self, retention_ms: int | None = None) -> dict[str, str]:
        """Give the topic's settings for Kafka; `retention_ms` None is for ever."""
        common = {"message.timestamp.type": "CreateTime", "max.message.bytes": str(self.largest_bytes)}
        if self.compacted:
            return {
                **common,
                "cleanup.policy": "compact",
                "max.compaction.lag.ms": str(_DAY_MS),
                "delete.retention.ms": str(_DAY_MS),
            }
        return {**common, "cleanup.policy": "delete", "retention.ms": str(-1 if retention_ms is None else retention_ms)}


EVENTS = Topic(
    name="events.v1",
    variable="EVENTS_TOPIC",
    title="Events",
    description="What happened to users, as the Segment Spec writes it.",
    record="event.v1",
    key="The user id: `userId`, else `anonymousId`.",
)
CHANGES = Topic(
    name="segment-changes.v1",
    variable="CHANGES_TOPIC",
    title="Segment changes",
    description="Users that entered or left a segment, moved to another cluster or were erased, as CloudEvents.",
    record="segment-change.v1",
    key="The user id.",
)
PROFILES = Topic(
    name="profiles.v1",
    variable="PROFILES_TOPIC",
    title="Profiles",
    description="The newest profile of each user; a tombstone (no value) for an erased one.",
    record="profile.v1",
    key="The user id.",
    compacted=True,
)
DEAD_LETTERS = Topic(
    name="events.dead-letter.v1",
    variable="DEAD_LETTERS_TOPIC",
    title="Dead letters",
    description="Events that were not applied, each with the reason and where it came from.",
    record="dead-letter.v1",
    key="The user id where it could be read, else none.",
    largest_bytes=8_388_608,  # an event of the largest size, all control characters, grows sixfold as JSON text
)
MODELS = Topic(
    name="segment-models.v1",
    variable="MODELS_TOPIC",
    title="Segment models",
    description="The newest version of each clustering and prediction that the job learned.",
    record="segment-model.v1",
    key="The name of the model.",
    compacted=True,
    by_user=False,
)
TOPICS = (EVENTS, CHANGES, PROFILES, DEAD_LETTERS, MODELS)

UNDELIVERED = Topic(
    name="segment-changes.undelivered.v1",
    variable="UNDELIVERED_TOPIC",
    title="Undelivered changes",
    description="Segment changes that `relay webhook` could not deliver, each with the reason and the attempts made.",
    record="undelivered.v1",
    key="The user id.",
    largest_bytes=8_388_608,  # as for dead letters: a change becomes a text inside JSON
)
KINESIS_POSITIONS = Topic(
    name="kinesis-positions.v1",
    variable="KINESIS_POSITIONS_TOPIC",
    title="Kinesis positions",
    description="How far `relay kinesis` has read each shard of each stream.",
    record="kinesis-position.v1",
    key="The ARN of the stream, a slash, and the id of the shard.",
    compacted=True,
    by_user=False,
)
RELAY_TOPICS = {"kinesis": KINESIS_POSITIONS, "webhook": UNDELIVERED}
"""What each relay needs beside TOPICS, by the name of its command."""
ALL_TOPICS = (*TOPICS, *RELAY_TOPICS.values())
