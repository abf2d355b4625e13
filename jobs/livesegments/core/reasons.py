"""The clauses of a change for people, as they count for the condition: `because` has them without their `!`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livesegments.core.conditions import Clause, as_it_counts, clauses

if TYPE_CHECKING:
    from livesegments.core.definition import Definition

__all__ = ["Reasons"]


class Reasons:
    """Knows the conditions of the definition in force; a change by another definition is told as it was written."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._fingerprints: dict[str, str] = {}

    def of(self, change: dict[str, Any]) -> list[dict[str, Any]]:
        """Give the clauses of a change of a segment, like those in its `because`."""
        told: list[dict[str, Any]] = change.get("because") or []
        known = self._clauses(change)
        if [clause.text for clause in known] != [part.get("clause") for part in told]:
            return told
        found = []
        for clause, part in zip(known, told, strict=True):
            text, met = as_it_counts(clause.text, part.get("holds"), clause.negated)
            found.append({**part, "clause": text, "holds": met})
        return found

    def _clauses(self, change: dict[str, Any]) -> tuple[Clause, ...]:
        name = str(change.get("segment"))
        spec = self._definition.segments.get(name)
        if spec is None or change.get("definition") != self._fingerprint(name):
            return ()
        node = spec.when if change.get("change") == "entered" or spec.exit_when is None else spec.exit_when
        return () if node is None else clauses(node)

    def _fingerprint(self, name: str) -> str:
        if name not in self._fingerprints:
            self._fingerprints[name] = self._definition.fingerprint(name)
        return self._fingerprints[name]
