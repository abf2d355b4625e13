"""One broker for all tests of the relays, a time limit for each test, and topics of its own for each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from brokers import Broker, running_broker
from relay.processes import RelayTopics

TEST_SECONDS_MAX = 300


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeoutError(f"the test took longer than {TEST_SECONDS_MAX} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(TEST_SECONDS_MAX)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def topics(broker: Broker) -> RelayTopics:
    return RelayTopics(broker)
