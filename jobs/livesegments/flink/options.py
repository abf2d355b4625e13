"""Every option of the job: its key, type, default and meaning; a test holds the table in the documentation to them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.models.sample import SHARE_MAX

__all__ = ["OPTIONS", "JobOptions", "Option", "read_options"]

PREFIX = "livesegments."


class Option(msgspec.Struct, frozen=True):
    """One declared option; `name` is its field in JobOptions."""

    name: str
    key: str
    default: int
    least: int
    most: int
    description: str


OPTIONS = (
    Option(
        "shards", PREFIX + "shards", 64, 1, 32_768,
        "Shards that users are spread over: the upper limit of parallelism. Fixed at first deployment.",
    ),
    Option(
        "batch_events", PREFIX + "batch.events", 512, 1, 65_535,
        "Most events of one shard that enter Python in one call.",
    ),
    Option(
        "batch_bytes", PREFIX + "batch.bytes", 1_000_000, 1, 100_000_000,
        "Most bytes of events in one batch (one event may go beyond).",
    ),
    Option(
        "batch_delay_ms", PREFIX + "batch.delay-ms", 25, 1, 10_000,
        "Longest wait for a batch to fill. Grows to 1 s by itself while the job is held back.",
    ),
    Option(
        "disorder_ms", PREFIX + "watermark.disorder-ms", 5_000, 0, 31_536_000_000,
        "How far the watermark stays behind the greatest event time of each source partition.",
    ),
    Option(
        "idle_ms", PREFIX + "watermark.idle-ms", 5_000, 100, 86_400_000,
        "A source partition without an event for so long no longer holds time back; "
        "when all are idle, event time goes on at the pace of the wall clock.",
    ),
    Option(
        "source_parallelism", PREFIX + "source.parallelism", 0, 0, 32_768,
        "Parallelism of the source and the batcher; 0 is that of the job. 1 keeps the order of a file.",
    ),
    Option(
        "profiles_decoded", PREFIX + "profiles.decoded", 10_000_000, 1, 10_000_000,
        "Most profiles that each subtask keeps decoded in memory, if livesegments.profiles.bytes allows as many.",
    ),
    Option(
        "profiles_bytes", PREFIX + "profiles.bytes", 300_000_000, 1_000_000, 100_000_000_000,
        "About how many bytes of memory decoded profiles may take.",
    ),
    Option(
        "profiles_resident", PREFIX + "profiles.resident", 200_000, 0, 100_000_000,
        "Profiles that each subtask keeps as bytes in the Python process (process mode only).",
    ),
    Option(
        "identity_bytes", PREFIX + "identity.bytes", 32_000_000, 0, 2_000_000_000,
        "About how many bytes of visitors' records and kept events `identity:` holds in memory before it writes them.",
    ),
    Option(
        "learner_per_mille", PREFIX + "learner.share-per-mille", SHARE_MAX, 1, SHARE_MAX,
        "How many of each thousand users the models are learned from. A hash of the id chooses them.",
    ),
)  # fmt: skip


class JobOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The values of OPTIONS in force."""

    shards: int
    batch_events: int
    batch_bytes: int
    batch_delay_ms: int
    disorder_ms: int
    idle_ms: int
    source_parallelism: int
    profiles_decoded: int
    profiles_bytes: int
    profiles_resident: int
    identity_bytes: int
    learner_per_mille: int


def read_options(settings: Mapping[str, str]) -> JobOptions:
    """Read our options from `--set` values; keys that do not begin with `livesegments.` are Flink's.

    Raises EdgeError with all problems at once.
    """
    known = {option.key: option for option in OPTIONS}
    problems = [
        f"--set {key}: unknown option; there are {', '.join(known)}"
        for key in settings
        if key.startswith(PREFIX) and key not in known
    ]
    values = {option.name: option.default for option in OPTIONS}
    for option in OPTIONS:
        text = settings.get(option.key)
        if text is None:
            continue
        value = int(text) if text.strip().lstrip("-").isdecimal() else None
        if value is None or not option.least <= value <= option.most:
            problems.append(
                f"--set {option.key}: expected a whole number from {option.least} to {option.most}, found {text!r}"
            )
        else:
            values[option.name] = value
    if problems:
        raise EdgeError("\n".join(problems))
    return JobOptions(**values)
