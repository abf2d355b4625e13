"""Environments of the peers' own, made by uv once and kept: pinned, with our core's dependencies as we run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

__all__ = ["CACHE", "VERSIONS", "environment", "python_path"]

ROOT = Path(__file__).parents[3]
CORE = ("msgspec", "lark", "ruamel.yaml", "tzdata")  # what livesegments.core imports
CONFLUENT = "confluent-kafka==2.12.2"  # the newest that Quix Streams takes
VERSIONS = {
    "tools": [CONFLUENT],
    "bytewax": ["bytewax==0.21.1", CONFLUENT],
    "quix": ["quixstreams==3.28.1", CONFLUENT],
}
INSTALL_SECONDS_MAX = 300
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "livesegments-bench"


def environment(name: str, folder: Path) -> Path:
    """Give the Python of one environment below the folder, made now where it is not there."""
    packages = [*VERSIONS[name], *(f"{package}=={version(package)}" for package in CORE)]
    home = folder / name
    python, mark = home / "bin" / "python", home / "packages.txt"
    text = "\n".join(packages)
    if mark.is_file() and mark.read_text() == text:
        return python
    uv = shutil.which("uv")
    assert uv is not None, "uv: required to make the peers' environments, found none"
    print(f"{name}: installing {', '.join(packages)}", file=sys.stderr, flush=True)
    for command in (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *packages],
    ):
        subprocess.run(command, check=True, timeout=INSTALL_SECONDS_MAX)
    mark.write_text(text)
    return python


def python_path() -> dict[str, str]:
    """Give this process's environment variables with our sources, and nothing of our own packages."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(ROOT / "jobs"), str(ROOT / "tests")])}
