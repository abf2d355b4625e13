"""What a preview of two definitions costs beside a replay of one, and how much memory it takes by user.

    PYTHONPATH=tests uv run --no-sync python tests/bench/previews.py [USERS]

Times are CPU seconds; memory is the peak of a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from livesegments.core.memory import look_for_cycles_seldom
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.preview import Trial, report_of
from preview.shops import new, old

DAY = 86_400
EVENTS = ("Product Viewed", "Product Viewed", "Order Completed")


def lines(users: int) -> Iterator[bytes]:
    """Give three events of each user, over a month."""
    for day, event in enumerate(EVENTS):
        for user in range(users):
            time_text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_704_067_200 + day * 9 * DAY + user % DAY))
            record = {"type": "track", "event": event, "messageId": f"{user}-{day}", "userId": f"user-{user}"}
            properties = {"revenue": 20 + user % 200}
            yield json.dumps({**record, "timestamp": time_text, "properties": properties}).encode()


def measure(kind: str, users: int) -> None:
    look_for_cycles_seldom()
    start = time.process_time()
    made = sum(1 for _ in lines(users))
    making = time.process_time() - start
    start = time.process_time()
    if kind == "replay":
        for change in Replay(Engine(new())).run(lines(users)):
            change.encode()
    else:
        trial = Trial(Engine(new()), Engine(old()) if kind == "two" else None)
        trial.run(lines(users))
        report_of(trial)
    seconds = time.process_time() - start - making
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"kind": kind, "events": made, "seconds": round(seconds, 2), "peak_mb": round(peak_mb)}))


def main() -> None:
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
        return
    users = int(sys.argv[1]) if len(sys.argv) == 2 else 50_000
    told = {}
    for kind in ("replay", "one", "two"):
        done = subprocess.run([sys.executable, __file__, kind, str(users)], capture_output=True, text=True, check=True)
        told[kind] = json.loads(done.stdout)
        print(done.stdout, end="")
    print(f"two definitions: {told['two']['seconds'] / told['replay']['seconds']:.2f} times a replay of one")


if __name__ == "__main__":
    main()
