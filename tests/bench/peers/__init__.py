"""The peers of our job, the events they share, and what is measured of each; see jobs/docs/benchmarks.md."""
