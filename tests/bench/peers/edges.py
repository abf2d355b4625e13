"""Edge files with a table left out."""

from __future__ import annotations

import re

__all__ = ["without_profiles"]


def without_profiles(edges: str) -> str:
    """Give an edge file without its table `profiles`."""
    return re.sub(r"CREATE TABLE profiles .*?;\n", "", edges, count=1, flags=re.DOTALL)
