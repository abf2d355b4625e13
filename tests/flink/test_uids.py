"""The operators' uids: state is found by them, so they are fixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from flink.streams import CLUSTERED, DEFINITION
from livesegments.core.definition import Definition, parse_definition
from livesegments.flink.edges import packaged_edge
from livesegments.flink.job import make_job

pytestmark = pytest.mark.flink

FILES = {
    "source-events",
    "events-tabletodatastream",
    "batcher",
    "segmenter",
    "rows",
    "rows-to-table",
    "segment_changes-calc",
    "segment_changes-streamingfilewriter",
    "sink-segment_changes",
    "dead_letters-calc",
    "dead_letters-streamingfilewriter",
    "sink-dead_letters",
    "profiles-calc",
    "profiles-streamingfilewriter",
    "sink-profiles",
}
CHANGELOG = {
    "source-events",
    "events-calc",
    "events-tabletodatastream",
    "batcher",
    "segmenter",
    "rows",
    "rows-to-table",
    "segment_changes-calc",
    "sink-segment_changes",
    "dead_letters-calc",
    "sink-dead_letters",
    "profiles-changelog",
    "profiles-datastreamtotable",
    "profiles-constraintenforcer",
    "sink-profiles",
}

LEARNING = {
    "learner",
    "models",
    "segment_models-changelog",
    "segment_models-datastreamtotable",
    "segment_models-constraintenforcer",
    "sink-segment_models",
}


def uids(file: Path, definition: Definition = DEFINITION, **variables: str) -> dict[str, str]:
    from livesegments.flink.build import build, open_tables

    job = make_job(definition, edges=file, settings=variables, parallelism=2)
    opened = open_tables(job, job.read_edges(None), {"python.execution-mode": "thread"})
    found = build(opened, job).uids
    check_plan(opened.environment)
    return found


def check_plan(environment: Any) -> None:
    """One Python operator, by its shard."""
    plan = msgspec.json.decode(environment.get_execution_plan())
    kinds = [node["type"] for node in plan["nodes"]]
    assert kinds.count("segmenter") == 1


@pytest.fixture(autouse=True)
def workers_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_python_worker_execution_mode", "process")


@pytest.mark.usefixtures("gateway")
def test_uids_of_files(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"")
    found = uids(packaged_edge("files.sql"), EVENTS=str(tmp_path / "in.jsonl"), OUT=str(tmp_path / "out"))
    assert set(found) == FILES
    assert found["segmenter"] == "segmenter"


@pytest.fixture
def unending(tmp_path: Path) -> Path:
    file = tmp_path / "e.sql"
    file.write_text("""
        CREATE TABLE events (n BIGINT, user_key STRING, event_time TIMESTAMP_LTZ(3), payload BYTES)
        WITH ('connector' = 'datagen');
        CREATE TABLE segment_changes (user_key STRING, payload BYTES) WITH ('connector' = 'blackhole');
        CREATE TABLE dead_letters (user_key STRING, payload BYTES) WITH ('connector' = 'blackhole');
        CREATE TABLE profiles (user_key STRING, payload BYTES, PRIMARY KEY (user_key) NOT ENFORCED)
        WITH ('connector' = 'blackhole');
    """)
    return file


@pytest.mark.usefixtures("gateway")
def test_uids_with_keys_and_a_changelog(unending: Path) -> None:
    assert set(uids(unending)) == CHANGELOG


@pytest.mark.usefixtures("gateway")
def test_models_to_learn_add_operators_and_move_none(unending: Path) -> None:
    table = "CREATE TABLE segment_models (user_key STRING, payload BYTES, PRIMARY KEY (user_key) NOT ENFORCED) "
    unending.write_text(unending.read_text() + table + "WITH ('connector' = 'blackhole');")
    assert set(uids(unending)) == CHANGELOG
    assert set(uids(unending, CLUSTERED)) == CHANGELOG | LEARNING


@pytest.mark.usefixtures("gateway")
def test_identity_adds_one_operator_and_moves_none(unending: Path) -> None:
    assert set(uids(unending, parse_definition(DEFINITION.text + "identity: {}"))) == CHANGELOG | {"identity"}
