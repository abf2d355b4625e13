"""Ports of the servers that tests start."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from ports import free_ports

TAKE = "from ports import free_ports; print(*free_ports(100), *free_ports(100), flush=True); input()"


def test_two_processes_never_get_the_same_port() -> None:
    command = [sys.executable, "-c", TAKE]
    folder = Path(__file__).parent
    processes = [
        subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    found = []
    for process in processes:
        assert process.stdout is not None
        found += process.stdout.readline().split()
    for process in processes:
        process.communicate("")
    assert len(set(found)) == len(found) == 400


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    (before,) = free_ports(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", before + 1))
        taken.listen()
        assert free_ports(1)[0] > before + 1
