"""Compose, image and Kubernetes files as far as they can be checked without Docker; needs no broker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from flink_cluster import FLINK, ROOT
from ruamel.yaml import YAML

from livesegments.flink.configuration import live_settings

COMPOSE = YAML(typ="safe").load(ROOT / "docker-compose.yml")
IMAGE = (ROOT / "flink-conf" / "Dockerfile").read_text()
CONFIGURATION = YAML(typ="safe").load(ROOT / "flink-conf" / "config.yaml")
DEPLOYMENT = YAML(typ="safe").load(ROOT / "flink-conf" / "kubernetes" / "flink-deployment.yaml")


def flat(found: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for key, value in found.items():
        entries |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return entries


def test_every_image_has_a_version_and_every_port_is_local() -> None:
    images = [service["image"] for service in COMPOSE["services"].values()]
    images += [line.split()[1] for line in IMAGE.splitlines() if line.startswith("FROM ")]
    assert len(images) == 13
    assert all(re.fullmatch(r"\S+:v?\d+\.\d+\.\d+\S*", image) for image in images)
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 5
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_waits_waits_for_something_that_can_be_waited_for() -> None:
    for service in COMPOSE["services"].values():
        for name, condition in service.get("depends_on", {}).items():
            awaited = COMPOSE["services"][name]
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in awaited
            else:
                assert "restart" not in awaited


def test_the_job_is_submitted_with_files_that_the_image_has() -> None:
    command = COMPOSE["services"]["submit"]["command"][-1]
    arguments = DEPLOYMENT["spec"]["job"]["args"]
    paths = set(re.findall(r"/opt/livesegments/(\S+)", command + " " + " ".join(arguments)))
    assert paths == {"jobs", "jobs/segment_users.py", "flink-conf/edges/kafka.sql"}
    for path in paths:
        assert (ROOT / path).exists()
        assert any(f"COPY {folder} {folder}" in IMAGE for folder in ("jobs", "flink-conf/edges") if folder in path)


def test_java_options_are_those_of_the_packaged_flink() -> None:
    packaged = flat(YAML(typ="safe").load(FLINK / "conf" / "config.yaml"))
    assert CONFIGURATION["env.java.opts.all"] == packaged["env.java.opts.all"]


def test_kubernetes_has_the_settings_of_the_configuration_file() -> None:
    there = DEPLOYMENT["spec"]["flinkConfiguration"]
    places = ("bind-", "address", "memory.process", "checkpointing.dir", "savepoint-dir", "parallelism.default")
    here = {key: value for key, value in CONFIGURATION.items() if not any(place in key for place in places)}
    assert {key: str(there.get(key)).lower() for key in here} == {key: str(here[key]).lower() for key in here}


def test_an_embedded_run_has_the_settings_of_rocksdb(tmp_path: Path) -> None:
    there = live_settings(tmp_path)
    names = {name for name in {*CONFIGURATION, *there} if name.startswith("state.backend.")}
    assert len(names) > 1
    assert {name: str(there.get(name)).lower() for name in names} == {
        name: str(CONFIGURATION.get(name)).lower() for name in names
    }


def test_the_image_gets_its_connector_by_a_command_that_works(tmp_path: Path) -> None:
    command = next(line for line in IMAGE.splitlines() if "livesegments.flink.connectors" in line)
    arguments = command.split("python ")[1].replace("/opt/flink/lib", str(tmp_path)).split()
    subprocess.run([sys.executable, *arguments], check=True, timeout=120, capture_output=True)
    assert [jar.name for jar in tmp_path.iterdir()] == ["flink-sql-connector-kafka-5.0.0-2.2.jar"]


def test_commands_of_the_image_exist() -> None:
    text = " ".join(word for service in COMPOSE["services"].values() for word in service.get("command", []))
    commands = set(re.findall(r"livesegments (\w+)", text)) | {
        service["command"][1]
        for service in COMPOSE["services"].values()
        if isinstance(service.get("command"), list) and service["command"][0] == "livesegments"
    }
    assert commands >= {"generate", "send", "topics", "watch"}
    for command in sorted(commands):
        program = Path(sys.executable).parent / "livesegments"
        subprocess.run([program, command, "--help"], check=True, timeout=60, capture_output=True)
