"""Ports for the servers that tests start: no two processes of tests get the same one, and no client gets it either."""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

__all__ = ["free_ports"]

_FIRST, _END = 12_000, 32_000  # below those that systems give to whoever asks for any
_held: dict[int, IO[bytes]] = {}
_candidates = itertools.cycle(range(_FIRST, _END))


def free_ports(count: int) -> list[int]:
    """Give ports in a row that nothing listens on; they are this process's own until it ends."""
    found: list[int] = []
    for port in itertools.islice(_candidates, _END - _FIRST):
        if found and port != found[-1] + 1:
            found = []
        if _hold(port):
            found.append(port)
        else:
            found = []
        if len(found) == count:
            return found
    raise RuntimeError(f"required {count} free ports in a row from {_FIRST} to {_END}, found none")


def _hold(port: int) -> bool:
    """Take a port by a lock that other processes of tests respect, unless somebody listens there."""
    if port in _held:
        return False
    folder = Path(tempfile.gettempdir()) / f"livesegments-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    lock = (folder / str(port)).open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:
        lock.close()
        return False
    _held[port] = lock
    return True
