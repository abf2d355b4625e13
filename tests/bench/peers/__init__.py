"""The peers of our job, the events they share, and what is measured of each; see jobs/docs/benchmarks.md."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS), str(TESTS / "kafka")]  # the tests' own broker and cluster
