"""Small definitions and events for tests."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from livesegments.core.definition import Definition, parse_definition

START = datetime(2024, 1, 1, tzinfo=UTC)
_numbers = itertools.count()


def definition(features: dict[str, Any], segments: dict[str, Any] | None = None, **sections: Any) -> Definition:
    """Build a definition; JSON is YAML."""
    return parse_definition(json.dumps({"features": features, "segments": segments or {}, **sections}))


def line(
    user: str | None = "u", *, day: float = 0, event: str = "Product Viewed", type: str = "track", **fields: Any
) -> bytes:
    """Give one event line, `day` days after 2024-01-01."""
    record = {
        "type": type,
        "event": event,
        "messageId": f"m-{next(_numbers)}",
        "userId": user,
        "timestamp": (START + timedelta(days=day)).isoformat(timespec="milliseconds"),
        **fields,
    }
    return json.dumps({key: value for key, value in record.items() if value is not None}).encode()
