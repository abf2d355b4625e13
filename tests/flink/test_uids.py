"""The operators' uids: state is found by them, so they are fixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from flink.streams import CLUSTERED, DEFINITION
from livesegments.core.definition import Definition
from livesegments.flink.edges import create_tables, packaged_edge, read_edges
from livesegments.flink.options import read_options

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
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import StreamTableEnvironment

    from livesegments.flink.configuration import job_settings
    from livesegments.flink.graph import JobPlan, build_graph

    options = read_options({})
    configuration = Configuration()
    for key, value in {**job_settings(options), "python.execution-mode": "thread"}.items():
        configuration.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    plan = JobPlan(definition=definition, options=options, parallelism=2, is_process_mode=False)
    edge_tables = create_tables(tables, read_edges(file, variables))
    found = build_graph(environment, tables, edge_tables, plan).uids
    check_plan(environment)
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
