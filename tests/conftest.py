"""Switches of the whole test suite, how its tests are spread over workers, and the broker that they share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from brokers import Broker

KAFKA_SECONDS_MAX = 900

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # before numpy is loaded: the workers share the cores already
    os.environ.setdefault(name, "1")

# How long it takes to draw cases and to run one says more about what else the machine does than about our code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-streams",
        action="store_true",
        help="write the changes that the golden streams of tests/streams give now; read the diff before you commit it",
    )


def pytest_configure() -> None:
    """Heed Ctrl-C, and so does what tests start: a shell has what it starts in the background ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep on one worker what shares a JVM, what shares broker and cluster, and what shares the fixtures of a file.

    The groups that take longest begin first, each on a worker of its own: Kafka's, then Flink's. What is pure comes
    after them, file by file, so that no worker is left with a long group while the others have nothing to do.
    """
    places = {"kafka": 0, "flink": 1}
    groups = {item: next(filter(item.get_closest_marker, places), str(item.path)) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        if group == "kafka":
            item.add_marker(pytest.mark.timeout(KAFKA_SECONDS_MAX))
    items.sort(key=lambda item: places.get(groups[item], len(places)))  # all else stays as it was


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where pytest-xdist does not heed the groups: each test would start what others share."""
    is_grouped = getattr(session.config.option, "loadgroup", False)  # set on workers
    if is_grouped and session.items and "@" not in session.items[0].nodeid:
        found = f"found pytest {pytest.__version__}; see pyproject.toml"
        raise pytest.UsageError(f"required a pytest whose tests pytest-xdist can group, {found}")


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests; who stops it, starts it again."""
    from brokers import running_broker  # loads kafka-python: only where a broker is needed

    with running_broker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker
