"""One JVM for all Flink tests of a process, and a time limit for each."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from livesegments.flink.embedded import EmbeddedFlink

TEST_SECONDS_MAX = 480


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
def flink() -> Iterator[EmbeddedFlink]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyFlink deprecates parts of itself while it is imported
        import pyflink.datastream
        import pyflink.table  # noqa: F401
    with EmbeddedFlink() as flink:
        yield flink


@pytest.fixture(scope="session")
def gateway(flink: EmbeddedFlink) -> Any:
    from livesegments.flink.jvm import connect

    assert flink.jvm is not None
    return connect(flink.jvm)
