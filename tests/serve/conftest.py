"""One server on a small folder for all tests that only ask."""

from __future__ import annotations

import json
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
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("events") / "events.jsonl"
    identify: dict[str, object] = {
        "type": "identify",
        "messageId": "m-1",
        "userId": "u0",
        "timestamp": "2023-11-14T00:00:00Z",
    }
    identify["traits"] = {"gender": "male"}
    found.write_text(json.dumps(identify) + "\n")
    return found


@pytest.fixture(scope="session")
def server(folder: Path, events: Path) -> Iterator[Serving]:
    with serving("--out", str(folder), "--events", str(events)) as found:
        until_level(found)
        yield found
