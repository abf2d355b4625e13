"""`relay kinesis` against a Kinesis over HTTP and a real broker: nothing lost, nothing twice, each user in order."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from livesegments.kafka.topics import DEAD_LETTERS, EVENTS, KINESIS_POSITIONS
from relay.kinesis_server import STREAM, VARIABLES, Kinesis, running_kinesis
from relay.processes import RelayProcess, RelayTopics, relay_process, until

pytestmark = pytest.mark.kafka
USERS, ROUNDS, KILLS = 40, 28, 3


@pytest.fixture
def kinesis() -> Iterator[Kinesis]:
    with running_kinesis(shards=2) as kinesis:
        yield kinesis


def event(user: str, number: int) -> bytes:
    fields = {"type": "track", "event": "Seen", "messageId": f"{user}-{number}", "userId": user}
    return json.dumps({**fields, "timestamp": f"2025-01-01T00:00:{number % 60:02d}Z"}).encode()


def put_rounds(kinesis: Kinesis, rounds: range, pause: float) -> None:
    for number in rounds:
        kinesis.put([(f"user-{user}", event(f"user-{user}", number)) for user in range(USERS)])
        time.sleep(pause)


def relay(topics: RelayTopics, kinesis: Kinesis) -> AbstractContextManager[RelayProcess]:
    return relay_process(topics, "kinesis", "--stream", STREAM, "--endpoint", kinesis.url, **VARIABLES)


def sent(topics: RelayTopics) -> int:
    return len(topics.records(EVENTS))


def closed(topics: RelayTopics) -> set[str]:
    positions = [json.loads(record.value) for record in topics.records(KINESIS_POSITIONS)]
    return {each["shard"] for each in positions if each["done"]}


def test_resharding_kills_and_faults_neither_lose_nor_repeat_a_record(topics: RelayTopics, kinesis: Kinesis) -> None:
    chance = random.Random(16)
    kinesis.faults.throttle_every, kinesis.faults.expire_every, kinesis.faults.fail_every = 7, 11, 13
    putting = threading.Thread(target=put_rounds, args=(kinesis, range(ROUNDS), 0.3))
    putting.start()
    for kill in range(KILLS):
        with relay(topics, kinesis) as process:
            process.until_it_says("reading arn:")
            time.sleep(chance.uniform(0.3, 1.2))
            (kinesis.split if kill % 2 == 0 else kinesis.merge)()
            time.sleep(chance.uniform(0.0, 0.8))
            process.kill()
    with relay(topics, kinesis) as process:
        process.until_it_says("reading arn:")
        kinesis.split()
        kinesis.merge()
        putting.join()
        until(lambda: sent(topics) >= USERS * ROUNDS, lambda: process.said)
        until(lambda: len(closed(topics)) == 3 + 2 * 2, lambda: process.said)  # splits, and both sides of each merge
        until(lambda: len(kinesis.faults.struck) == 3, lambda: process.said)
        code, summary = process.end()
    assert code == 0

    expected = Counter(event(f"user-{user}", number) for user in range(USERS) for number in range(ROUNDS))
    records = topics.records(EVENTS)
    assert Counter(record.value for record in records) == expected
    for user in range(USERS):
        of_user = [record.value for record in records if record.key == f"user-{user}".encode()]
        assert of_user == [event(f"user-{user}", number) for number in range(ROUNDS)]
    assert summary["topic"] == topics.name(EVENTS)
    assert set(kinesis.faults.struck) == {"throttled", "expired_iterators", "unreachable"}
    positions = {record.key: json.loads(record.value) for record in topics.records(KINESIS_POSITIONS)}
    assert summary["positions"] == {each["shard"]: each["sequence_number"] for each in positions.values()}


def test_odd_records_and_faults_are_counted_and_nothing_of_them_is_lost(topics: RelayTopics, kinesis: Kinesis) -> None:
    huge = b'{"userId": "h", "raw": "' + b"x" * 1_010_000 + b'"}'
    odd = [("key-1", b"\xff not JSON"), ("key-2", b'{"type": "track"}'), ("key-3", event("a", 1)), ("key-4", huge)]
    kinesis.faults.throttle_every, kinesis.faults.expire_every, kinesis.faults.fail_every = 5, 6, 7
    with relay(topics, kinesis) as process:
        process.until_it_says("reading arn:")
        for each in odd:
            kinesis.put([each])
        until(lambda: (sent(topics), len(topics.records(DEAD_LETTERS))) == (3, 1), lambda: process.said)
        until(lambda: len(kinesis.faults.struck) == 3, lambda: process.said)
        code, summary = process.end(signal.SIGINT)
    assert code == 0
    found = {record.key: record.value for record in topics.records(EVENTS)}
    assert found == {b"key-1": odd[0][1], b"key-2": odd[1][1], b"a": odd[2][1]}
    (record,) = topics.records(DEAD_LETTERS)
    letter = json.loads(record.value)
    assert (record.key, letter["reason"], letter["raw"]) == (b"h", "too_large", huge.decode())
    assert "got 1,010,026 - in shardId-" in letter["message"]
    assert (summary["sent"], summary["without_user"], summary["too_large"]) == (3, 2, 1)
    assert {name: summary[name] for name in kinesis.faults.struck} == kinesis.faults.struck
    times = [record.timestamp for record in topics.records(EVENTS) if record.key == b"a"]
    assert times == [1_735_689_601_000]


def test_a_relay_that_was_frozen_is_shut_out_by_the_one_that_took_over(topics: RelayTopics, kinesis: Kinesis) -> None:
    first, later = [event("a", number) for number in range(50)], [event("a", number) for number in range(50, 60)]
    with relay(topics, kinesis) as frozen:
        frozen.until_it_says("reading arn:")
        frozen.send_signal(signal.SIGSTOP)
        kinesis.put([("a", each) for each in first])
        with relay(topics, kinesis) as second:
            second.until_it_says("reading arn:")
            until(lambda: sent(topics) >= 50, lambda: second.said)
            frozen.send_signal(signal.SIGCONT)
            code, summary = frozen.end(None)
            assert (code, summary["transactions"]) == (2, 0)
            assert "another process of the same name has taken over" in frozen.said
            kinesis.put([("a", each) for each in later])
            until(lambda: sent(topics) >= 60, lambda: second.said)
            assert second.end()[0] == 0
    assert [record.value for record in topics.records(EVENTS)] == first + later


def test_a_stream_that_was_made_again_is_read_from_its_beginning(topics: RelayTopics, kinesis: Kinesis) -> None:
    for number in range(2):
        with relay(topics, kinesis) as process:
            process.until_it_says("reading arn:")
            kinesis.put([("a", event("a", number))])
            until(lambda wanted=number + 1: sent(topics) == wanted, lambda: process.said)
            assert process.end()[0] == 0
            assert "goes on after" not in process.said
        kinesis.client.delete_stream(StreamName=STREAM)
        kinesis.client.create_stream(StreamName=STREAM, ShardCount=2)
    assert [record.value for record in topics.records(EVENTS)] == [event("a", 0), event("a", 1)]
