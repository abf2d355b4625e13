"""One broker for all tests of the Kafka tools."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from brokers import Broker, running_broker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker
