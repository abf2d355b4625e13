"""What processes and their children use: CPU seconds and resident memory, sampled."""

from __future__ import annotations

import os
import platform
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

__all__ = ["Use", "Watch", "machine", "use_of"]

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def machine() -> str:
    """Say what this ran on."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if "model name" in line), platform.processor())
    return f"{os.cpu_count()} x {model}, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


class Use(NamedTuple):
    """At one time: CPU seconds so far, and resident bytes now."""

    time: float
    cpu: float
    rss: int


def use_of(roots: Iterable[int]) -> Use:
    """Give what these processes and their living descendants use."""
    parents: dict[int, int] = {}
    uses: dict[int, tuple[float, int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(folder.name)] = int(fields[1])
        uses[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE
    wanted = set(roots)
    grown = True
    while grown:
        more = {process for process, parent in parents.items() if parent in wanted} - wanted
        wanted |= more
        grown = bool(more)
    found = [uses[process] for process in wanted if process in uses]
    return Use(time.time(), sum(cpu for cpu, _ in found), sum(rss for _, rss in found))


class Watch(threading.Thread):
    """Samples from `start` until `end`; the roots are asked for anew each time."""

    def __init__(self, roots: Callable[[], Iterable[int]], seconds: float = 0.25) -> None:
        super().__init__(daemon=True)
        self.roots, self.seconds = roots, seconds
        self.samples: list[Use] = []
        self.ended = threading.Event()

    def end(self) -> None:
        """Stop, after a last sample."""
        self.ended.set()
        self.join()

    def run(self) -> None:
        while not self.ended.is_set():
            self.samples.append(use_of(self.roots()))
            self.ended.wait(self.seconds)
        self.samples.append(use_of(self.roots()))

    def peak_mb(self) -> float:
        """Give the greatest sum of resident memory."""
        return max((sample.rss for sample in self.samples), default=0) / 1e6

    def cpu_between(self, start: float, end: float) -> float:
        """Give the CPU seconds used between two times; the first must not be before the first sample."""
        assert self.samples[0].time <= start, "the backlog was too small: its first part was over at once"
        return self._cpu_at(end) - self._cpu_at(start)

    def _cpu_at(self, at: float) -> float:
        index = bisect_left(self.samples, at, key=lambda sample: sample.time)
        if index == 0 or index == len(self.samples):
            return self.samples[min(index, len(self.samples) - 1)].cpu
        before, after = self.samples[index - 1], self.samples[index]
        return before.cpu + (after.cpu - before.cpu) * (at - before.time) / (after.time - before.time)
