"""From Kinesis into the events' topic: each record once, each user's in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.kafka.clients import missing_topic, open_admin
from livesegments.kafka.settings import KafkaSettings
from livesegments.kafka.topics import DEAD_LETTERS, EVENTS, KINESIS_POSITIONS
from livesegments.kafka.transactions import Outgoing, Transactions, open_transactions
from livesegments.relay.backoff import wait_seconds
from livesegments.relay.kinesis_api import KinesisStream, Later, Page, open_stream
from livesegments.relay.kinesis_events import EventMaker
from livesegments.relay.positions import position_record, read_positions
from livesegments.relay.shards import ReadShard, Shards
from livesegments.relay.stopping import Stop

__all__ = ["KinesisCounts", "KinesisOptions", "relay_kinesis"]

RECORDS_MAX = 1_000  # of one read
READS_MAX = 8  # at a time, and in one transaction: at most 10 MiB each
READ_EVERY_SECONDS = 0.25  # a shard gives at most five reads a second to all who read it
IDLE_SECONDS = 1.0
LIST_EVERY_SECONDS = 10.0
RETRY_SECONDS_MAX = 30.0


class KinesisOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which stream is read; None leaves region and endpoint to boto3."""

    stream: str
    region: str | None = None
    endpoint: str | None = None


class KinesisCounts(msgspec.Struct, kw_only=True):
    """What was done since the start; `positions` are those committed, by shard."""

    stream: str = ""
    topic: str = ""
    sent: int = 0
    without_user: int = 0
    without_time: int = 0
    too_large: int = 0
    transactions: int = 0
    throttled: int = 0
    expired_iterators: int = 0
    unreachable: int = 0
    shards_open: int = 0
    shards_finished: int = 0
    behind_ms: int = 0
    seconds: float = 0.0
    positions: dict[str, str | None] = {}


def relay_kinesis(
    settings: KafkaSettings,
    options: KinesisOptions,
    counts: KinesisCounts,
    stop: Stop,
    say: Callable[[str], None],
    progress: Callable[[], None],
) -> None:
    """Read all shards of a stream and send what they hold until asked to stop; `counts` is filled as it goes.

    Events and positions are committed in one transaction, so a restart neither loses nor repeats one. `progress` is
    called often. Raises EdgeError for what does not pass by itself: a missing stream or topic, no permission, and
    when another process reads the same stream into the same Kafka.
    """
    stream = open_stream(options.stream, options.region, options.endpoint, READS_MAX, stop)
    counts.stream, counts.topic = stream.arn, settings.topic(EVENTS)
    _require_topics(settings)
    with open_transactions(settings, f"livesegments-kinesis-{stream.arn}") as transactions:
        positions = read_positions(settings, stream)
        counts.positions = {name: each.sequence_number for name, each in sorted(positions.items())}
        for name, each in sorted(positions.items()):
            say(f"{name}: {'finished at' if each.done else 'goes on after'} {each.sequence_number}")
        say(f"reading {stream.arn} into {counts.topic} at {settings.bootstrap}")
        shards = Shards({name: (each.sequence_number, each.done) for name, each in positions.items()})
        relay = _Relay(settings, stream, shards, transactions, counts, say)
        with ThreadPoolExecutor(READS_MAX) as pool:
            while not stop.is_set:
                stop.wait(relay.work(pool))
                progress()


class _Relay:
    def __init__(
        self,
        settings: KafkaSettings,
        stream: KinesisStream,
        shards: Shards,
        transactions: Transactions,
        counts: KinesisCounts,
        say: Callable[[str], None],
    ) -> None:
        self._stream, self._shards, self._transactions = stream, shards, transactions
        self._counts, self._say = counts, say
        self._positions_topic = settings.topic(KINESIS_POSITIONS)
        self._events = EventMaker(settings.topic(EVENTS), settings.topic(DEAD_LETTERS), stream.arn, counts)
        self._started = time.monotonic()
        self._list_due = 0.0
        self._list_failures = 0
        self._told: set[str] = set()

    def work(self, pool: ThreadPoolExecutor) -> float:
        """Read what is due and commit it; give the seconds until something is due again."""
        self._list()
        open_shards = self._shards.open()
        now = time.monotonic()
        due = sorted((shard for shard in open_shards if shard.due <= now), key=lambda shard: shard.due)[:READS_MAX]
        pages = [(shard, page) for shard, page in zip(due, pool.map(self._read, due), strict=True) if page is not None]
        new = [(shard, page) for shard, page in pages if page.records or page.next_iterator is None]
        if new:
            self._transactions.write(list(self._outgoing(new)))
            self._counts.transactions += 1
            for shard, page in new:
                self._keep(shard, page)
        for shard, page in pages:
            shard.iterator, shard.behind_ms = page.next_iterator, page.behind_ms
        self._tell(open_shards)
        return min([self._list_due, *(shard.due for shard in self._shards.open())]) - time.monotonic()

    def _list(self) -> None:
        if time.monotonic() < self._list_due:
            return
        try:
            self._shards.replace(self._stream.shards())
            self._list_failures, self._list_due = 0, time.monotonic() + LIST_EVERY_SECONDS
        except Later as later:
            self._count(later)
            self._list_failures += 1
            self._list_due = time.monotonic() + wait_seconds(self._list_failures, RETRY_SECONDS_MAX)
            return
        for name in self._shards.expired():
            if name not in self._told:
                self._told.add(name)
                self._say(f"{name}: gone from Kinesis before it was read to its end; what was left in it is lost")

    def _read(self, shard: ReadShard) -> Page | None:
        """Read one page, on a thread of its own; None where Kinesis says later."""
        try:
            if shard.iterator is None:
                shard.iterator = self._stream.iterator(shard.name, shard.sequence_number)
            page = self._stream.read(shard.iterator, RECORDS_MAX)
        except Later as later:
            self._count(later)
            shard.failures += 1
            if later.why == "expired":
                shard.iterator = None  # the next one begins after the last record that was committed
                shard.due = time.monotonic()
            else:
                shard.due = time.monotonic() + wait_seconds(shard.failures, RETRY_SECONDS_MAX)
            return None
        shard.failures = 0
        shard.due = time.monotonic() + (READ_EVERY_SECONDS if page.records else IDLE_SECONDS)
        return page

    def _outgoing(self, pages: list[tuple[ReadShard, Page]]) -> Iterator[Outgoing]:
        for shard, page in pages:
            for record in page.records:
                yield self._events.make(record, shard.name)
            last = page.records[-1].sequence_number if page.records else shard.sequence_number
            finished = page.next_iterator is None
            yield position_record(self._positions_topic, self._stream, shard.name, last, finished)

    def _keep(self, shard: ReadShard, page: Page) -> None:
        """Go on from what is committed now."""
        if page.records:
            shard.sequence_number = page.records[-1].sequence_number
        self._counts.positions[shard.name] = shard.sequence_number
        if page.next_iterator is None:
            self._shards.finish(shard.name)
            self._counts.shards_finished += 1
            self._list_due = time.monotonic()
            self._say(f"{shard.name}: finished at {shard.sequence_number}; its children follow")

    def _count(self, later: Later) -> None:
        if later.why == "throttled":
            self._counts.throttled += 1
        elif later.why == "expired":
            self._counts.expired_iterators += 1
        else:
            self._counts.unreachable += 1
            if str(later) not in self._told and len(self._told) < RECORDS_MAX:
                self._told.add(str(later))
                self._say(f"{self._stream.arn}: no answer, will ask again: {later}")

    def _tell(self, open_shards: list[ReadShard]) -> None:
        self._counts.shards_open = len(open_shards)
        self._counts.behind_ms = max((shard.behind_ms for shard in open_shards), default=0)
        self._counts.seconds = round(time.monotonic() - self._started, 3)


def _require_topics(settings: KafkaSettings) -> None:
    with open_admin(settings) as admin:
        existing = set(admin.list_topics())
    for topic in (EVENTS, DEAD_LETTERS, KINESIS_POSITIONS):
        if settings.topic(topic) not in existing:
            raise missing_topic(settings, settings.topic(topic), " --relay kinesis")
    if settings.topic(EVENTS) == settings.topic(DEAD_LETTERS):
        raise EdgeError("EVENTS_TOPIC and DEAD_LETTERS_TOPIC: expected two topics, found one name")
