"""What Flink keeps below one key."""

from __future__ import annotations

from typing import Any


class MapState(dict[Any, Any]):
    """A dict with the methods of MapState; values are bytes, as the job's are."""

    def put(self, key: Any, value: Any) -> None:
        assert isinstance(value, bytes)
        self[key] = value

    def put_all(self, values: dict[Any, Any]) -> None:
        for key, value in values.items():
            self.put(key, value)

    def remove(self, key: Any) -> None:
        del self[key]
