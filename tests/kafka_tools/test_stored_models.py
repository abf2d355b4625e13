"""`--models topic`: the models that a topic holds, committed ones only, against a real broker."""

from __future__ import annotations

import pytest

from brokers import Broker
from kafka_tools.commands import make_topics
from kafka_tools.test_watch_with_broker import produce
from livesegments.core.errors import EdgeError
from livesegments.flink.given_models import FROM_TOPIC, given_models
from livesegments.models.passes import learn_models
from models.three_groups import DEFINITION, shop_lines

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(broker: Broker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> dict[str, str]:
    prefix = make_topics(broker.bootstrap, 2, monkeypatch, capfd)
    return {"MODELS_TOPIC": prefix + "models"}


def test_a_job_begins_with_the_committed_models_of_the_topic(broker: Broker, settings: dict[str, str]) -> None:
    records = [row.payload for row in learn_models(DEFINITION, shop_lines())]
    topic = settings["MODELS_TOPIC"]
    produce(broker, topic, records[:2])
    produce(broker, topic, records[2:3], transactional_id=topic)  # aborted
    produce(broker, topic, [None, records[3]])
    assert given_models(FROM_TOPIC, settings) == (records[0], records[1], records[3])


def test_a_topic_without_models_is_told(broker: Broker, settings: dict[str, str]) -> None:
    topic = settings["MODELS_TOPIC"]
    with pytest.raises(EdgeError, match=f"--models topic: required at least one model in {topic}, found none"):
        given_models(FROM_TOPIC, settings)
    produce(broker, topic, [b"no json"])
    with pytest.raises(EdgeError, match=f"required records of segment_models in {topic}, found"):
        given_models(FROM_TOPIC, settings)


def test_a_missing_topic_is_told(settings: dict[str, str]) -> None:
    with pytest.raises(EdgeError, match="no-such-topic"):
        given_models(FROM_TOPIC, {"MODELS_TOPIC": "no-such-topic"})
