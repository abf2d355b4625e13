"""Grafana's dashboard and Prometheus' alerts ask for metrics that the job, Flink and serve really have."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pyflink
import pytest
from ruamel.yaml import YAML
from serving import Serving

from livesegments.flink.tally import LearnerTally, Tally

CONF = Path(__file__).parents[2] / "flink-conf"
OURS = "flink_taskmanager_job_task_operator_livesegments_"
_CHECKPOINTS = "org/apache/flink/runtime/checkpoint/DefaultCheckpointStatsTracker"
_NAMES = "org/apache/flink/runtime/metrics/MetricNames"
FLINKS = {  # name: the class of Flink, or of its Kafka connector's base, that has it
    "flink_jobmanager_job_numRestarts": _NAMES,
    "flink_jobmanager_job_numberOfCompletedCheckpoints": _CHECKPOINTS,
    "flink_jobmanager_job_numberOfFailedCheckpoints": _CHECKPOINTS,
    "flink_jobmanager_job_lastCheckpointDuration": _CHECKPOINTS,
    "flink_jobmanager_job_lastCheckpointSize": _CHECKPOINTS,
    "flink_jobmanager_job_lastCheckpointFullSize": _CHECKPOINTS,
    "flink_taskmanager_job_task_operator_pendingRecords": _NAMES,
    "flink_taskmanager_job_task_operator_failedCommittables": _NAMES,
    "flink_taskmanager_job_task_operator_currentInputWatermark": _NAMES,
}
METRIC = re.compile(r"\b(?:flink|livesegments)_[A-Za-z_]+\b")


def asked() -> set[str]:
    board = json.loads((CONF / "grafana" / "dashboards" / "livesegments.json").read_text())
    rules = YAML(typ="safe").load(CONF / "prometheus" / "alerts.yml")
    texts = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    texts += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return {name for text in texts for name in METRIC.findall(text)}


class Group:
    """Stands for Flink's metric group, which exists only inside a task; notes the names as its reporter makes them."""

    def __init__(self, names: set[str], prefix: str = OURS) -> None:
        self.names, self.prefix = names, prefix

    def add_group(self, name: str, value: str | None = None) -> Group:
        if value is None:
            return Group(self.names, self.prefix if name == "livesegments" else f"{self.prefix}{name}_")
        return Group(self.names, f"{self.prefix}{name}_")  # the value is a label

    def counter(self, name: str) -> Any:
        self.names.add(self.prefix + name)
        return None


def of_the_job() -> set[str]:
    names: set[str] = set()
    Tally(Group(names), is_live=True)
    LearnerTally(Group(names))
    return names


def of_flink() -> set[str]:
    [jar] = (Path(pyflink.__file__).parent / "lib").glob("flink-dist-*.jar")
    with zipfile.ZipFile(jar) as classes:
        inside = classes.namelist()
        text = {
            path: b"".join(classes.read(name) for name in inside if name.startswith(path))
            for path in set(FLINKS.values())
        }
    return {name for name, path in FLINKS.items() if name.rpartition("_")[2].encode() in text[path]}


def of_serve(server: Serving) -> set[str]:
    return set(re.findall(r"^(?:# TYPE )?(livesegments_[A-Za-z_]+)", server.client.get("/metrics").text, re.MULTILINE))


@pytest.mark.flink
def test_what_is_drawn_and_alerted_on_is_exported(server: Serving) -> None:
    wanted = asked()
    assert len(wanted) > 20
    assert wanted - of_the_job() - of_flink() - of_serve(server) == set()


def test_alerts_are_of_what_users_complain_about() -> None:
    rules = YAML(typ="safe").load(CONF / "prometheus" / "alerts.yml")["groups"][0]["rules"]
    names = {rule["alert"].removeprefix("Livesegments") for rule in rules}
    assert names >= {"SegmentStopped", "ServeLag", "JobLag", "DeadLettersRise", "CheckpointsFail", "ModelWorseThanBase"}
    assert all(rule["annotations"]["summary"] for rule in rules)


def test_the_dashboard_is_provisioned_where_compose_puts_it() -> None:
    compose = YAML(typ="safe").load(CONF.parent / "docker-compose.yml")["services"]["grafana"]
    [provider] = YAML(typ="safe").load(CONF / "grafana/provisioning/dashboards/livesegments.yml")["providers"]
    mounts = dict(mount.split(":")[:2] for mount in compose["volumes"])
    folder = {target: source for source, target in mounts.items()}[provider["options"]["path"]]
    assert (CONF.parent / folder / "livesegments.json").is_file()
    [source] = YAML(typ="safe").load(CONF / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    board = json.loads((CONF / "grafana" / "dashboards" / "livesegments.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
