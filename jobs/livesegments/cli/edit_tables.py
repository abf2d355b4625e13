"""How the meaning of an edit looks: what begins empty, what is evaluated anew, what is learned anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from livesegments.cli.console import table

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.preview.edits import Edit

__all__ = ["identities", "show_edit"]

_FEATURES = {
    "kept": "has what was kept",
    "short": "has less than it now holds, until that has filled",
    "part": "begins empty in part",
    "empty": "begins empty",
    "gone": "is forgotten",
}
_SEGMENTS = {
    "new": "is new: users enter with cause `definition`",
    "gone": "is gone: its members leave with cause `definition`",
    "changed": "is evaluated anew: users enter and leave with cause `definition`",
    "unchanged": "was not edited, but reads what is not complete",
}
_IDENTITY = {
    "new": "`identity:` is new: visitors become users from now on; what they did before the start is not handed over.",
    "gone": "`identity:` is gone: links are forgotten, and the job starts only with --allowNonRestoredState.",
}
_NO_MODELS = "No model is left: what was learned is forgotten, and the job starts only with --allowNonRestoredState."
_MODELS = {"new": "is learned from now on", "gone": "is forgotten", "anew": "is learned anew", "kept": "is kept"}


def identities(definition: Definition) -> dict[str, object]:
    """Give, for each model, what a learner's snapshot must agree with to be taken over."""
    if not definition.has_models:
        return {}
    from livesegments.models.learning import identities_of  # loads River: only where something is learned

    return identities_of(definition)


def show_edit(told: Edit) -> None:
    """Print an edit on stdout."""
    lines = [
        f"{told.old} -> {told.new}",
        "Every user is evaluated once, within a minute of the start."
        if told.evaluates
        else "No user is evaluated: nothing that decides was edited.",
        "A savepoint keeps who is in which segment and since when, cooldowns, sequence numbers, message ids, and",
        f"{told.cells_kept} of the {told.cells} things that the new definition keeps of a user's events.",
        *([_IDENTITY[told.identity]] if told.identity else []),
        *([_NO_MODELS] if told.ends_learning else []),
        "",
    ]
    print("\n".join(lines))  # noqa: T201
    rows = [
        (one.feature, "new" if one.is_new else "", _FEATURES[one.state] + (f": {one.note}" if one.note else ""))
        for one in told.features
    ]
    _table("Features", ["feature", "", "what it has at the start"], rows)
    segments = [one for one in told.segments if one.state != "unchanged" or one.incomplete]
    _table(
        "Segments",
        ["segment", "what happens", "not complete"],
        [(one.segment, _SEGMENTS[one.state], ", ".join(one.incomplete) or "-") for one in segments],
    )
    _table("Models", ["model", "what happens"], [(one.model, _MODELS[one.state]) for one in told.models])


def _table(title: str, columns: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        table(title, columns, rows)
