"""Real purchases in tests: CDNOW's customers, all of them or every n-th."""

import json
from functools import cache
from pathlib import Path

import livesegments
from livesegments.shop.cdnow import cdnow_events
from livesegments.shop.lines import ImportCounts

DEFINITION_FILE = Path(livesegments.__file__).parent / "definitions" / "cdnow.yaml"


@cache
def purchases(every: int = 1) -> list[bytes]:
    """Give the events of every n-th customer in time order."""
    lines = list(cdnow_events(ImportCounts()))
    return lines if every == 1 else [line for line in lines if int(json.loads(line)["userId"]) % every == 0]
