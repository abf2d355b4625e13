"""Changes to a URL: each committed change at least once, each user's in their order."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from livesegments.kafka.clients import missing_topic, open_admin, open_consumer, open_producer
from livesegments.kafka.settings import KafkaSettings
from livesegments.kafka.topics import CHANGES, UNDELIVERED
from livesegments.kafka.watch import Filter
from livesegments.relay.change_source import ChangeSource
from livesegments.relay.extras import load_extra
from livesegments.relay.lanes import Delivery, Lanes, PendingChange
from livesegments.relay.posting import Outcome, Poster, checked_url, signer_of
from livesegments.relay.undelivered import UNDELIVERED_BYTES_MAX, UndeliveredWriter, reason_of

__all__ = ["WebhookCounts", "WebhookOptions", "change_in", "relay_webhook"]

PENDING_MAX = 10_000  # changes that are read and not delivered; beyond it no more are read
COMMIT_EVERY_SECONDS = 1.0
PARTITIONS_EVERY_SECONDS = 30.0
TELL_EVERY_SECONDS = 10.0
_FULL_SECONDS = 0.1

Given = TypeVar("Given")


class WebhookOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where changes go, which, and how long it is tried; without `group` there is one for each URL and choice."""

    url: str
    segments: tuple[str, ...] = ()
    secret: str | None = None
    give_up_seconds: float = 86_400.0
    timeout_seconds: float = 15.0
    concurrency: int = 32
    from_beginning: bool = False
    group: str | None = None

    @property
    def group_in_force(self) -> str:
        """Give the name under which Kafka keeps how far this relay is."""
        text = "\n".join([self.url, *sorted(self.segments)])
        return self.group or f"livesegments-webhook-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


class WebhookCounts(msgspec.Struct, kw_only=True):
    """What was done since the start; `positions` are the committed offsets by partition."""

    topic: str = ""
    group: str = ""
    delivered: int = 0
    refused: int = 0
    given_up: int = 0
    unreadable: int = 0
    not_wanted: int = 0
    pending: int = 0
    attempts: int = 0
    throttled: int = 0
    server_errors: int = 0
    timeouts: int = 0
    no_connection: int = 0
    seconds: float = 0.0
    positions: dict[str, int] = {}


def relay_webhook(
    settings: KafkaSettings,
    options: WebhookOptions,
    counts: WebhookCounts,
    say: Callable[[str], None],
    progress: Callable[[], None],
) -> None:
    """Post committed changes to a URL until asked to stop by SIGINT or SIGTERM; `counts` is filled as it goes.

    An offset is committed when its change was delivered or stands in the undelivered topic. `progress` is called
    often. Raises EdgeError for a missing topic, a URL or secret that is none, and a broker that does not answer.
    """
    checked_url(options.url)
    load_extra("httpx", "webhook")
    if options.secret is not None:
        signer_of(options.secret)
    undelivered, changes = settings.topic(UNDELIVERED), settings.topic(CHANGES)
    with open_admin(settings) as admin:
        if undelivered not in admin.list_topics():
            raise missing_topic(settings, undelivered, " --relay webhook")
    with (
        open_consumer(settings, options.group_in_force) as consumer,
        open_producer(settings, linger_ms=0, bytes_max=UNDELIVERED_BYTES_MAX) as producer,
        ThreadPoolExecutor(1) as kafka,
    ):
        source = ChangeSource(settings, changes, consumer, from_beginning=options.from_beginning)
        counts.topic, counts.group = changes, options.group_in_force
        say(f"posting {changes} ({len(source.partitions)} partitions) as group {counts.group}: {source.positions}")
        writer = UndeliveredWriter(producer, undelivered, changes)
        asyncio.run(_Relay(settings, options, counts, source, writer, kafka, say, progress).run())


def change_in(body: bytes, wanted: Filter) -> tuple[str, bool]:
    """Give the id of a change and whether it is wanted; raises ValueError for a record that is no change."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
        return msgspec.convert(found.get("id"), str), wanted.wants(found)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError(str(error)) from None


class _Relay:
    def __init__(
        self,
        settings: KafkaSettings,
        options: WebhookOptions,
        counts: WebhookCounts,
        source: ChangeSource,
        writer: UndeliveredWriter,
        kafka: ThreadPoolExecutor,
        say: Callable[[str], None],
        progress: Callable[[], None],
    ) -> None:
        self._settings, self._options, self._counts = settings, options, counts
        self._source, self._writer, self._kafka = source, writer, kafka
        self._say, self._progress = say, progress
        self._filter = Filter(segments=frozenset(options.segments))
        self._stopping = False
        self._started = time.monotonic()
        self._commit_due = self._partitions_due = self._tell_due = 0.0

    async def run(self) -> None:
        options = self._options
        poster = Poster(options.url, options.secret, options.timeout_seconds, options.concurrency)
        self._lanes = Lanes(poster, options.concurrency, options.give_up_seconds, self._attempted, self._ended)
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, task)
        try:
            while not self._stopping and self._lanes.failure is None:
                await self._work()
            await self._lanes.stop()
            if self._lanes.failure is not None:
                raise self._lanes.failure
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        finally:
            self._lanes.cancel()
            await poster.close()
            self._tell()
        await self._commit_now()
        self._tell()

    def _stop(self, task: asyncio.Task[Any]) -> None:
        if self._stopping:
            task.cancel()
        self._stopping = True

    async def _work(self) -> None:
        if len(self._source) >= PENDING_MAX:
            await asyncio.sleep(_FULL_SECONDS)
        else:
            for record in await self._on_kafka(self._source.poll):
                if self._source.take(record.partition, record.offset):
                    await self._take(record)
        await self._commit()
        self._tell()
        self._progress()

    async def _take(self, record: Any) -> None:
        change = PendingChange("", record.value or b"", record.key, record.partition, record.offset)
        try:
            change_id, is_wanted = change_in(change.body, self._filter)
        except ValueError as error:
            self._counts.unreadable += 1
            await self._write(change, Delivery(), "unreadable", str(error))
            self._source.finish(change.partition, change.offset)
            return
        if is_wanted:
            self._lanes.add((change.partition, change.key), msgspec.structs.replace(change, id=change_id))
        else:
            self._counts.not_wanted += 1
            self._source.finish(change.partition, change.offset)

    async def _ended(self, change: PendingChange, delivery: Delivery) -> None:
        failed = reason_of(delivery)
        if failed is None:
            self._counts.delivered += 1
        else:
            reason, message = failed
            await self._write(change, delivery, reason, message)
            self._counts.refused += reason == "refused"
            self._counts.given_up += reason == "given_up"
        self._source.finish(change.partition, change.offset)

    async def _write(self, change: PendingChange, delivery: Delivery, reason: str, message: str) -> None:
        write = self._writer.write
        await asyncio.get_running_loop().run_in_executor(None, lambda: write(change, delivery, reason, message))

    def _attempted(self, outcome: Outcome) -> None:
        counts = self._counts
        counts.attempts += 1
        counts.throttled += outcome.kind == "throttled"
        counts.server_errors += outcome.kind == "server_error"
        counts.timeouts += outcome.kind == "timeout"
        counts.no_connection += outcome.kind == "no_connection"
        if outcome.kind != "delivered" and time.monotonic() > self._tell_due:
            self._tell_due = time.monotonic() + TELL_EVERY_SECONDS
            self._say(f"an attempt failed: {outcome.message}")

    async def _commit(self) -> None:
        """Commit once a second; a broker that does not answer is asked again, and added partitions are found."""
        from kafka.errors import KafkaError

        now = time.monotonic()
        if now < self._commit_due:
            return
        self._commit_due = now + COMMIT_EVERY_SECONDS
        try:
            await self._commit_now()
            if now > self._partitions_due:
                self._partitions_due = now + PARTITIONS_EVERY_SECONDS
                for number in await self._on_kafka(self._source.find_new_partitions):
                    self._say(f"{self._counts.topic}: partition {number} is new")
        except KafkaError as error:
            self._say(f"{self._settings.bootstrap}: not committed, will try again: {error!r}")

    async def _commit_now(self) -> None:
        finished = self._source.finished()
        if finished:
            await self._on_kafka(lambda: self._source.commit(finished))

    async def _on_kafka(self, call: Callable[[], Given]) -> Given:
        return await asyncio.get_running_loop().run_in_executor(self._kafka, call)

    def _tell(self) -> None:
        self._counts.pending = len(self._source)
        self._counts.positions = self._source.positions
        self._counts.seconds = round(time.monotonic() - self._started, 3)
