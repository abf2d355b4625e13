"""What the baseline of a job that takes over costs: bytes that travel with the job, and memory of each worker.

PYTHONPATH=tests uv run --no-sync python tests/bench/standings.py [USERS]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from livesegments.core.standings import Baseline, pack, unpack
from livesegments.core.times import NEVER

NAMES = ("buyers", "browsing", "high_value", "lapsing", "coupon_lovers", "regulars")


def main() -> None:
    if len(sys.argv) == 3:
        worker(Path(sys.argv[2]))
        return
    users = int(sys.argv[1]) if len(sys.argv) == 2 else 1_000_000
    start = time.process_time()
    baseline = Baseline(NEVER)
    for user in range(users):
        segments = [name for number, name in enumerate(NAMES) if user >> number & 1]
        row = {"user_id": f"user-{user}", "sequence": user % 50, "segments": segments}
        baseline.add_row(json.dumps(row).encode())
    content = pack(baseline.standings())
    seconds = time.process_time() - start
    print(f"{users:,} users: {len(content) / 2**20:.1f} MiB packed, read in {seconds:.1f} s, {_memory_mb():,.0f} MB")
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        subprocess.run([sys.executable, __file__, "worker", file.name], check=True)


def worker(file: Path) -> None:
    before = _memory_mb()
    start = time.process_time()
    standings = unpack(file.read_bytes())
    assert standings.get("user-7") is not None
    print(f"a worker: {time.process_time() - start:.1f} s, {_memory_mb() - before:,.0f} MB")


def _memory_mb() -> float:
    """Give what this process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
