"""The job for a Flink cluster: the command `livesegments run`, with its options.

    flink run -pyfs jobs -py jobs/segment_users.py --config FILE --edges FILE [--set KEY=VALUE ...]
Started by Python itself it runs embedded.
"""

from __future__ import annotations

import sys

from livesegments.cli import main

if __name__ == "__main__":  # workers import this module
    main(["run", *sys.argv[1:]])
