"""`relay webhook` against a real HTTP server and a real broker: each change at least once, each user's in order."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from livesegments.kafka.topics import CHANGES, UNDELIVERED
from livesegments.relay.webhook import WebhookOptions
from relay.processes import RelayProcess, RelayTopics, relay_process, until
from relay.receiver import SECRET, Behaviour, Receiver

pytestmark = pytest.mark.kafka
USERS, CHANGES_EACH = 24, 4


@contextmanager
def receiving(behaviour: Behaviour) -> Iterator[Receiver]:
    receiver = Receiver(behaviour)
    yield receiver
    receiver.kill()
    assert receiver.wrong == []


def change(user: str, sequence: int, segment: str = "vip") -> bytes:
    data = {"user_id": user, "sequence": sequence, "segment": segment, "change": "entered", "segments_before": []}
    return json.dumps({"id": f"{user}:{sequence}", "subject": user, "data": data}, ensure_ascii=False).encode()


def relay(topics: RelayTopics, receiver: Receiver, *options: str) -> AbstractContextManager[RelayProcess]:
    return relay_process(
        topics, "webhook", "--url", receiver.url, "--from-beginning", *options, LIVESEGMENTS_WEBHOOK_SECRET=SECRET
    )


def send(topics: RelayTopics, changes: list[tuple[str, bytes]], *, commit: bool = True) -> None:
    """Write changes as the job does: in a transaction, keyed by user."""
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap, transactional_id=f"{topics.name(CHANGES)}-{commit}")
    producer.init_transactions()
    producer.begin_transaction()
    for user, value in changes:
        producer.send(topics.name(CHANGES), key=user.encode(), value=value)
    producer.flush()
    (producer.commit_transaction if commit else producer.abort_transaction)()
    producer.close()


def undelivered(topics: RelayTopics) -> list[Any]:
    return [json.loads(record.value) for record in topics.records(UNDELIVERED)]


def tries(receiver: Receiver, change_id: str) -> int:
    return sum(each.id == change_id for each in receiver.requests)


def is_all_dealt_with(topics: RelayTopics, receiver: Receiver) -> bool:
    """Tell whether the relay's group stands behind the last change of each partition."""
    last = {record.partition: record.offset for record in topics.records(CHANGES)}
    group = WebhookOptions(url=receiver.url).group_in_force
    consumer = KafkaConsumer(bootstrap_servers=topics.bootstrap, group_id=group)
    held = {number: consumer.committed(TopicPartition(topics.name(CHANGES), number)) for number in last}
    consumer.close()
    return all((held[number] or 0) > offset for number, offset in last.items())


def misbehaves(change_id: str, attempt: int) -> str:
    """Fail a third of all changes at first, in eight ways; those that hold everything back are rare."""
    ways = ["500", "502", "hang", "drop", "301", "408", "hang", "drop", "500", "429 1", "date 1", "503"]
    chance = zlib.crc32(change_id.encode())
    if change_id.endswith(":4") and chance % 5 == 0:
        return ["400", "404", "410", "422"][chance % 4]
    return ways[chance // 3 % len(ways)] if attempt <= 1 + chance % 2 and chance % 3 == 0 else "ok"


def test_failures_hangs_and_kills_neither_lose_nor_reorder_a_change(topics: RelayTopics) -> None:
    stream = [(f"user-{user}", change(f"user-{user}", n)) for n in range(1, CHANGES_EACH + 1) for user in range(USERS)]
    names = [json.loads(value)["id"] for _, value in stream]
    refused = {name for name in names if misbehaves(name, 9) != "ok"}
    assert len(refused) > 1
    send(topics, [("user-0", change("user-0", 99))], commit=False)
    send(topics, stream[: len(stream) // 2])
    with receiving(misbehaves) as receiver:
        for kill in range(3):
            with relay(topics, receiver, "--timeout", "1s", "--concurrency", "8") as process:
                count = len(receiver.requests)
                until(lambda at=count: len(receiver.requests) > at + 12, lambda: process.said)
                process.kill()
            if kill == 0:
                send(topics, stream[len(stream) // 2 :])
        with relay(topics, receiver, "--timeout", "1s") as process:
            process.until_it_says("posting ")
            receiver.kill()
            time.sleep(1)
            receiver.start()
            wanted = set(names) - refused
            until(lambda: {each.id for each in receiver.delivered()} >= wanted, lambda: process.said)
            until(lambda: {json.loads(each["raw"])["id"] for each in undelivered(topics)} >= refused)
            until(lambda: is_all_dealt_with(topics, receiver), lambda: process.said)  # also what is posted once more
            code, summary = process.end()
    assert code == 0
    assert summary["pending"] == 0
    assert {each.id for each in receiver.requests} == set(names), "the aborted change was not posted"
    delivered = receiver.delivered()
    assert {each.id for each in delivered} == wanted
    for user in range(USERS):
        of_user = list(dict.fromkeys(each.id for each in delivered if each.user == f"user-{user}"))
        assert of_user == sorted(of_user, key=lambda name: int(name.rpartition(":")[2]))
    sent = dict(zip(names, (value for _, value in stream), strict=True))
    assert all(each.body == sent[each.id] for each in receiver.requests)
    letters = undelivered(topics)
    assert {json.loads(each["raw"])["id"] for each in letters} == refused
    assert {each["reason"] for each in letters} == {"refused"}
    assert all(each["raw"].encode() == sent[json.loads(each["raw"])["id"]] for each in letters)
    assert all(400 <= each["status"] < 500 and each["attempts"] >= 1 for each in letters)


def test_retry_after_holds_back_everything(topics: RelayTopics) -> None:
    send(topics, [(user, change(user, 1)) for user in ("a", "b", "c")])
    asked: list[str] = []

    def behaviour(name: str, _: int) -> str:
        asked.append(name)
        return "429 2" if len(asked) == 1 else "ok"

    with receiving(behaviour) as receiver, relay(topics, receiver, "--concurrency", "1") as process:
        until(lambda: len(receiver.delivered()) == 3, lambda: process.said)
        code, summary = process.end()
    assert (code, summary["throttled"], summary["delivered"]) == (0, 1, 3)
    first, *rest = receiver.requests
    assert all(each.at - first.at >= 2 for each in rest)


def test_a_stuck_user_holds_no_one_up_is_not_repeated_for_others_and_is_given_up(topics: RelayTopics) -> None:
    users = ["stuck", *(f"user-{number}" for number in range(20)), "Zoë 100%"]
    send(topics, [(user, change(user, number)) for number in (1, 2) for user in users])
    send(topics, [("stuck", change("stuck", 3, segment="other")), ("odd", b"no JSON")])
    with receiving(lambda name, _: "500" if name == "stuck:1" else "ok") as receiver:
        with relay(topics, receiver, "--segment", "vip", "--give-up", "1h") as process:
            until(lambda: len(receiver.delivered()) == 42, lambda: process.said)
            until(lambda: tries(receiver, "stuck:1") > 1)
            until(lambda: len(undelivered(topics)) == 1, lambda: process.said)
            code, summary = process.end()
            assert (code, summary["pending"], summary["delivered"], summary["unreadable"]) == (0, 2, 42, 1)
        before = tries(receiver, "stuck:1")
        with relay(topics, receiver, "--segment", "vip", "--give-up", "5s") as process:
            until(lambda: len(receiver.delivered()) == 43, lambda: process.said)
            code, summary = process.end()
    assert (code, summary["pending"], summary["given_up"], summary["delivered"]) == (0, 0, 1, 1)
    delivered = [each.id for each in receiver.delivered()]
    assert len(delivered) == len(set(delivered))
    assert "Zo%C3%AB%20100%25:2" in delivered
    letters = {each["reason"]: each for each in undelivered(topics)}
    assert json.loads(letters["given_up"]["raw"])["id"] == "stuck:1"
    assert letters["given_up"]["attempts"] == tries(receiver, "stuck:1") - before > 1
    assert letters["given_up"]["status"] == 500
    assert (letters["unreadable"]["raw"], letters["unreadable"]["attempts"]) == ("no JSON", 0)


def test_a_first_start_begins_with_the_next_change_even_when_it_is_killed(topics: RelayTopics) -> None:
    send(topics, [("a", change("a", 1))])
    with receiving(lambda *_: "ok") as receiver:
        arguments = ["webhook", "--url", receiver.url, "--secret", SECRET]
        with relay_process(topics, *arguments) as process:
            process.until_it_says("posting ")
            process.kill()
        send(topics, [("a", change("a", 2))])
        with relay_process(topics, *arguments) as process:
            until(lambda: len(receiver.delivered()) > 0, lambda: process.said)
            assert process.end()[0] == 0
    assert [each.id for each in receiver.requests] == ["a:2"]
