"""Topics of its own for each test of the relays."""

from __future__ import annotations

import pytest

from brokers import Broker
from relay.processes import RelayTopics


@pytest.fixture
def topics(broker: Broker) -> RelayTopics:
    return RelayTopics(broker)
