"""Quix Streams at its best: one process, commit once a second, state as bytes, profiles decoded once per process.

Its state must be set with each event: it has no hook before a commit. What is spared is decoding, as long as the
process that wrote a user's state is the one that reads it: with one process in the group it always is. Its producer has
a name that stays, as a deployment would give it: under a new one the transaction of a killed process would hide all
later changes for the minute until it times out.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from quixstreams import Application

from bench.peers.settings import JobSettings
from bench.peers.work import Work

COMMIT_SECONDS = 1.0
SESSION_MS = 6_000  # the least a broker allows: its default of 45 s is how long a killed member holds its partitions


def main(settings: JobSettings) -> None:
    work = Work(settings.definition)
    profiles: dict[str, Any] = {}

    def changes(raw: bytes, user: str, _time: int, _headers: Any, state: Any) -> list[bytes]:
        profile = profiles.get(user)
        if profile is None:
            profile = profiles[user] = work.restore(user, state.get_bytes("profile"))
        found = work.changes(profile, raw)
        state.set_bytes("profile", work.snapshot(profile))
        return found

    producer: dict[str, Any] = {"linger.ms": 1}
    if settings.guarantee == "exactly-once":
        producer["transactional.id"] = settings.group
    application = Application(
        settings.bootstrap,
        consumer_group=settings.group,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_SECONDS,
        processing_guarantee=settings.guarantee,  # type: ignore[arg-type]
        state_dir=settings.folder,
        consumer_extra_config={"session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": SESSION_MS // 3},
        producer_extra_config=producer,
        loglevel="WARNING",
    )
    kinds = {"key_deserializer": "str", "value_deserializer": "bytes"}
    written = {"key_serializer": "str", "value_serializer": "bytes"}
    events = application.dataframe(application.topic(settings.events, **kinds))
    rows = events.apply(changes, stateful=True, metadata=True, expand=True)
    rows.to_topic(application.topic(settings.changes, **written))
    application.run()


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=JobSettings))
