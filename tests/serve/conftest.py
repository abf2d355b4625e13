"""One server on a small folder for all tests that only ask."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_rows import ROWS
from serving import Serving, serving, write_rows


def until_level(server: Serving, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while (told := server.client.get("/healthz").json())["status"] != "level":
        assert time.monotonic() < deadline, told
        time.sleep(0.05)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("run")
    write_rows(found, ROWS)
    return found


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Serving]:
    with serving("--out", str(folder)) as found:
        until_level(found)
        yield found
