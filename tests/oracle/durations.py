"""Durations as the definition file writes them, in milliseconds."""

import re

SECOND_MS = 1_000
HOUR_MS = 3_600 * SECOND_MS
DAY_MS = 24 * HOUR_MS
UNIT_MS = {"s": SECOND_MS, "m": 60 * SECOND_MS, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}


def milliseconds(text: str | int) -> int:
    """Read `30d` as milliseconds; a plain 0 is allowed where a duration has the default 0."""
    if text == 0:
        return 0
    match = re.fullmatch(r"(\d+)([smhdw])", str(text))
    if match is None:
        raise ValueError(f"expected a duration such as 30d, found {text!r}")
    return int(match[1]) * UNIT_MS[match[2]]
