"""One JVM for all Flink tests of a process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from livesegments.flink.embedded import EmbeddedFlink


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
