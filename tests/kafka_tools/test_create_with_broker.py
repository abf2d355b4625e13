"""`livesegments topics create` against a real broker."""

from __future__ import annotations

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from brokers import Broker
from kafka_tools.commands import answer, new_topics
from livesegments.kafka.create import TopicState

pytestmark = pytest.mark.kafka


@pytest.fixture(autouse=True)
def prefix(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", broker.bootstrap)
    return new_topics(monkeypatch)


def test_topics_are_created_once_and_then_exist(capfd: pytest.CaptureFixture[str], prefix: str) -> None:
    created = answer(capfd, "topics", "create", "--json")
    assert created.code == 0
    assert {(state["topic"], state["state"], state["partitions"]) for state in created.json} == {
        (prefix + "events", "created", 4),
        (prefix + "changes", "created", 4),
        (prefix + "profiles", "created", 4),
        (prefix + "dead_letters", "created", 4),
        (prefix + "models", "created", 1),
    }
    again = answer(capfd, "topics", "create", "--json")
    assert [state["state"] for state in again.json] == ["exists"] * 5


def test_compaction_and_retention_reach_the_broker(
    capfd: pytest.CaptureFixture[str], broker: Broker, prefix: str
) -> None:
    assert answer(capfd, "topics", "create", "--retention", "30d").code == 0
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    names = [prefix + name for name in ("events", "profiles")]
    found = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names], config_filter="all"
    )["topic"]
    admin.close()
    assert found[names[0]]["retention.ms"]["value"] == "2592000000"
    assert found[names[0]]["cleanup.policy"]["value"] == "delete"
    assert found[names[1]]["cleanup.policy"]["value"] == "compact"
    assert found[names[1]]["max.compaction.lag.ms"]["value"] == "86400000"


def test_what_exists_is_left_alone_and_its_differences_told(
    capfd: pytest.CaptureFixture[str], broker: Broker, prefix: str
) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics({prefix + "profiles": {"num_partitions": 2}}, wait_for_metadata=True)
    admin.close()
    states = {
        state["topic"].removeprefix(prefix): state
        for state in answer(capfd, "topics", "create", "--partitions", "3", "--json").json
    }
    assert [name for name, state in states.items() if state["state"] == "created"] == [
        "events",
        "changes",
        "dead_letters",
        "models",
    ]
    profiles = states["profiles"]
    assert (profiles["state"], profiles["partitions"]) == ("differs", 2)
    assert profiles["differences"][0] == "2 partitions, required 3"
    assert "cleanup.policy delete, required compact" in profiles["differences"]
    told = answer(capfd, "topics", "create")
    assert f"{prefix}profiles: 2 partitions, required 3" in told.err.replace("\n", " ")


def test_new_topics_get_as_many_partitions_as_the_events(
    capfd: pytest.CaptureFixture[str], broker: Broker, prefix: str
) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics({prefix + "events": {"num_partitions": 7}}, wait_for_metadata=True)
    admin.close()
    states = answer(capfd, "topics", "create", "--json").json
    assert [state["partitions"] for state in states] == [7, 7, 7, 7, 1]


def test_how_many_copies_must_have_a_record_is_set_and_told(capfd: pytest.CaptureFixture[str]) -> None:
    created = answer(capfd, "topics", "create", "--replication-factor", "1", "--min-in-sync", "1", "--json").json
    assert {(state["replication"], state["min_in_sync"], state["brokers"]) for state in created} == {(1, 1, 1)}
    told = answer(capfd, "topics", "create", "--min-in-sync", "2")
    assert "min.insync.replicas 1, required 2" in told.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("brokers", "copies", "least", "risk"),
    [
        (1, 1, 1, ""),
        (3, 1, 1, "nothing can be written"),
        (3, 2, 2, "nothing can be written"),
        (3, 3, 1, "records can be lost"),
        (3, 3, 2, ""),
    ],
)
def test_what_the_loss_of_a_broker_would_do_is_told(brokers: int, copies: int, least: int, risk: str) -> None:
    state = TopicState(topic="t", state="exists", partitions=1, replication=copies, min_in_sync=least, brokers=brokers)
    assert risk in state.risk
    assert bool(risk) == bool(state.risk)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--replication", "3"], "only 1 broker(s) are registered"),
        (["--retention", "long"], "--retention: expected a duration"),
        (["--bootstrap", "broker"], "KAFKA_BOOTSTRAP: expected host:port"),
    ],
)
def test_wrong_wishes_are_refused(capfd: pytest.CaptureFixture[str], options: list[str], told: str) -> None:
    refused = answer(capfd, "topics", "create", *options)
    assert refused.code == 2
    assert told in refused.err
    assert "Traceback" not in refused.err


def test_a_name_that_kafka_refuses_is_told(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROFILES_TOPIC", "no spaces")
    refused = answer(capfd, "topics", "create")
    assert refused.code == 2
    assert "no spaces" in refused.err
