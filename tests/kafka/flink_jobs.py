"""Jobs on a session cluster: submitted with `flink run`, observed and stopped over REST."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from flink_cluster import ROOT, FlinkCluster

SUBMIT_SECONDS_MAX = 240


def flink_run(
    cluster: FlinkCluster,
    arguments: list[str],
    flink_arguments: list[str] | None = None,
    jobs: Path = ROOT / "jobs",
) -> subprocess.CompletedProcess[str]:
    """Run `flink run -d -pyfs jobs -py jobs/segment_users.py` with more arguments."""
    command = [
        str(cluster.home / "bin" / "flink"),
        *("run", "-d", "-m", cluster.address),
        *(flink_arguments or []),
        *("-pyfs", str(jobs), "-py", str(jobs / "segment_users.py")),
        *arguments,
    ]
    return subprocess.run(
        command,
        env=cluster.environment,
        cwd=cluster.folder,
        capture_output=True,
        text=True,
        timeout=SUBMIT_SECONDS_MAX,
        check=False,
    )


class FlinkJob:
    """A job from its submission to its end; in a context, cancelled at the end."""

    def __init__(
        self,
        cluster: FlinkCluster,
        definition: Path,
        variables: Mapping[str, str],
        *,
        edges: Path = ROOT / "flink-conf" / "edges" / "kafka.sql",
        parallelism: int = 2,
        start_from: str | None = None,
        jobs: Path = ROOT / "jobs",
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.cluster = cluster
        settings = [word for key, value in variables.items() for word in ("--set", f"{key}={value}")]
        flink = ["-p", str(parallelism), *(["-s", start_from] if start_from else [])]
        given = ["--config", str(definition), "--edges", str(edges), *arguments, *settings]
        said = flink_run(cluster, given, flink, jobs)
        found = re.search(r"JobID ([0-9a-f]{32})", said.stdout)
        assert found, f"the job was not submitted:\n{said.stdout[-3000:]}\n{said.stderr[-3000:]}"
        self.id = found[1]
        cluster.wait(self.is_running, f"job {self.id} to run")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cancel()

    def is_running(self) -> bool:
        """Tell whether every task of the job runs."""
        job = self.cluster.get(f"/jobs/{self.id}")
        assert job["state"] not in ("FAILED", "CANCELED", "FINISHED"), f"the job is {job['state']}: {self.error()}"
        vertices = job["vertices"]  # one of which is RUNNING when one of its tasks is
        return bool(job["state"] == "RUNNING" and all(v["tasks"]["RUNNING"] == v["parallelism"] for v in vertices))

    def error(self) -> str:
        """Give what made the job fail last."""
        history = self.cluster.get(f"/jobs/{self.id}/exceptions")["exceptionHistory"]["entries"]
        return str(history[0]["stacktrace"])[:3000] if history else ""

    def restarts(self) -> int:
        """Give how often the job was restarted: the number of the attempt. (The metric lags by many seconds.)"""
        vertices = self.cluster.get(f"/jobs/{self.id}")["vertices"]
        found = [self.cluster.get(f"/jobs/{self.id}/vertices/{vertex['id']}")["subtasks"] for vertex in vertices]
        return max(int(subtask["attempt"]) for subtasks in found for subtask in subtasks)

    def survive_kill(self, which: int, pause_seconds: float = 0.0) -> None:
        """Kill a TaskManager with -9 so long after a checkpoint, and wait until the job runs again, on one more.

        The other one starts meanwhile; test_live_shop.py has a job wait for it.
        """
        self.cluster.start_task_manager()
        self.next_checkpoint()
        time.sleep(pause_seconds)
        attempt = self.restarts()
        self.cluster.kill_task_manager(which)
        self.cluster.wait(lambda: self.restarts() > attempt, "the job to notice")
        self.cluster.wait(self.is_running, "the job to run again")

    def task_manager(self) -> int:
        """Give the place of the TaskManager that runs the job, or a part of it, among those of the cluster."""
        vertex = self.cluster.get(f"/jobs/{self.id}")["vertices"][0]["id"]
        found = self.cluster.get(f"/jobs/{self.id}/vertices/{vertex}/taskmanagers")["taskmanagers"][0]
        name = f"taskmanager.resource-id={found['taskmanager-id']}"
        return next(n for n, process in enumerate(self.cluster.task_managers) if name in process.args)  # type: ignore[operator]

    def latest_checkpoint(self) -> str:
        """Give the newest complete checkpoint."""
        return str(self.cluster.get(f"/jobs/{self.id}/checkpoints")["latest"]["completed"]["external_path"])

    def next_checkpoint(self) -> str:
        """Wait for a checkpoint that is begun after now, and give it."""
        now_ms = time.time_ns() // 1_000_000

        def is_new() -> bool:
            found = self.cluster.get(f"/jobs/{self.id}/checkpoints")["latest"]["completed"]
            return found is not None and found["trigger_timestamp"] > now_ms

        self.cluster.wait(is_new, "a checkpoint")
        return self.latest_checkpoint()

    def cancel(self) -> None:
        """End the job, whatever its state."""
        try:
            self.cluster.send("PATCH", f"/jobs/{self.id}?mode=cancel")
        except OSError:  # it has ended, or its JobManager has
            return
        self.cluster.wait(self._has_ended, f"job {self.id} to end")

    def stop_with_savepoint(self) -> str:
        """End the job, keeping its state; returns where."""
        trigger = self.cluster.send("POST", f"/jobs/{self.id}/stop", {"drain": False})["request-id"]
        deadline = time.monotonic() + 60
        while True:
            found = self.cluster.get(f"/jobs/{self.id}/savepoints/{trigger}")
            if found["status"]["id"] == "COMPLETED":
                assert "location" in found["operation"], found["operation"]
                self.cluster.wait(self._has_ended, f"job {self.id} to end")
                return str(found["operation"]["location"])
            assert time.monotonic() < deadline, "the savepoint took longer than 60 s"
            time.sleep(0.2)

    def _has_ended(self) -> bool:
        return self.cluster.get(f"/jobs/{self.id}")["state"] in ("CANCELED", "FINISHED", "FAILED")
