"""Files that another process is still writing. Knows no Flink, so that what only reads needs none."""

from livesegments.files.follow import LineFollower, Lines

__all__ = ["LineFollower", "Lines"]
