"""One server on a small folder for all tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_rows import ROWS
from serving import Serving, serving, until_level, write_rows


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
