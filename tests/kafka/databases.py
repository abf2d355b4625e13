"""A real PostgreSQL in a folder of its own, from Debian's packages; not as root, which it refuses."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from brokers import _with_parent
from ports import free_ports

START_SECONDS_MAX = 60


class Database:
    """A database that this process started; only the local machine reaches it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.programs = programs
        (self.port,) = free_ports(1)
        self.url = f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"
        self._folder = folder

    def start(self) -> subprocess.Popen[bytes]:
        place = str(self._folder / "data")
        command = [str(self.programs / "initdb"), "-D", place, "-U", "shop", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run([*_as_postgres(), *command], check=True, capture_output=True, timeout=60, cwd=self._folder)
        options = ["-p", str(self.port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1", "-F"]
        with (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_as_postgres(with_parent=True), str(self.programs / "postgres"), "-D", place, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while self.ask("SELECT 1", check=False) != "1":
            assert process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.2)
        return process

    def ask(self, query: str, *, check: bool = True) -> str:
        """Give what psql prints: columns separated by bars, a line for each row."""
        return self._psql("-c", query, check=check)

    def run(self, file: Path) -> None:
        """Run a file of statements."""
        self._psql("-v", "ON_ERROR_STOP=1", "-f", str(file), check=True)

    def _psql(self, *arguments: str, check: bool) -> str:
        program = [str(self.programs / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "shop", "-d", "postgres"]
        said = subprocess.run(
            [*program, "-X", "-q", "-t", "-A", *arguments], capture_output=True, text=True, timeout=30, check=False
        )
        assert not check or said.returncode == 0, said.stderr
        return said.stdout.strip()


def postgres_programs() -> Path | None:
    """Give the newest folder with PostgreSQL's programs, None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).parent if path else None


def _as_postgres(*, with_parent: bool = False) -> list[str]:
    """Give the words before a command that give up root, if we are root, and end it with its parent."""
    if os.geteuid() != 0:
        return _with_parent() if with_parent else []
    command = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    return [*command, *(["--pdeathsig", "KILL"] if with_parent else []), "--"]


@contextmanager
def running_database() -> Iterator[Database]:
    """Give a running database and remove it at the end."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("required PostgreSQL's programs, such as Debian's package postgresql; found none")
    folder = Path(tempfile.mkdtemp(prefix="livesegments-postgres-"))
    try:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        database = Database(folder, programs)
        process = database.start()
        try:
            yield database
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
