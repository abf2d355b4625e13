"""One Flink cluster for all tests of this folder."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping

import pytest
from flink_cluster import FlinkCluster
from shop_topics import ShopTopics

from brokers import Broker


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with FlinkCluster(tmp_path_factory.mktemp("cluster")) as cluster:
            yield cluster


@pytest.fixture
def topics(broker: Broker, request: pytest.FixtureRequest) -> Iterator[Callable[..., ShopTopics]]:
    made: list[ShopTopics] = []

    def make(partitions: int = 3, settings: Mapping[str, str] | None = None) -> ShopTopics:
        name = re.sub(r"[^\w.-]+", "-", request.node.name)[:100]
        made.append(ShopTopics(broker, f"{name}-{len(made)}", partitions, settings))
        return made[-1]

    yield make
    for each in made:
        each.close()
