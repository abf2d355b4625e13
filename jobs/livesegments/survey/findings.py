"""What a survey shows to be wrong, and which features never matched and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from livesegments.core.selection import path_text
from livesegments.survey.names import Held, near_name, slips_among
from livesegments.survey.readers import NUMERIC, SINCE
from livesegments.survey.records import Finding, NeverMatched, Skipped, some
from livesegments.survey.survey import NUMBERS, PathTally, ReaderTally, Survey
from livesegments.survey.values import compared_values

__all__ = ["findings_of", "never_matched", "skipped_of"]

_NO_FAULT = ("number", "number as text", "null")


def findings_of(survey: Survey, held: Held | None = None) -> list[Finding]:
    """Give all that looks wrong: names, paths, numbers, compared values, currencies, users.

    `held` are the survey's names where they are held against its definition already.
    """
    return [
        *_names(held or Held(survey.names, survey.definition)),
        *_paths(survey),
        *_numbers(survey),
        *compared_values(survey),
        *_currencies(survey),
        *_users(survey),
    ]


def _names(held: Held) -> Iterator[Finding]:
    for slip in slips_among(held):
        wanted, came = (slip.name, slip.near) if not slip.events else (slip.near, slip.name)
        if wanted in held.never:
            message = f"{wanted!r} never came, but is read by {some(held.told(wanted))}: did you mean {came!r}"
            message += f", which came {_times(held.names[came])}?" if came in held.names else "?"
        else:
            message = f"{_times(slip.events)} {slip.name!r} came: did you mean {slip.near!r}?"
        features = tuple(dict.fromkeys(reader.feature for reader in held.never.get(wanted, ())))
        yield Finding(kind="name", message=message, name=slip.name, near=slip.near, features=features)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _paths(survey: Survey) -> Iterator[Finding]:
    """Give each path that a feature reads and that never came with the events that it reads."""
    missing: dict[tuple[str, str], list[str]] = {}
    near: dict[tuple[str, str], str | None] = {}
    for tally in survey.tallies:
        if not tally.selected or not _is_wanted(survey, tally):
            continue
        names = _names_of(survey, tally)
        came = {path for (name, path) in survey.paths if name in names}
        for paths in _wanted(tally):
            near_path = _near_path(paths[0], came)
            if any(_is_there(path, came) for path in paths) or (tally.reader.kind == "trait" and near_path is None):
                continue  # a trait that nobody told is no mistake
            text = " or ".join(map(path_text, paths))
            key = (", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else ""), text)
            missing.setdefault(key, []).append(tally.reader.feature)
            near[key] = near_path
    for (names_text, text), features in missing.items():
        hint = f"; did you mean {near[names_text, text]}?" if near[names_text, text] else ""
        readers = ", ".join(dict.fromkeys(features))
        yield Finding(
            kind="path",
            message=f"{text}: never there in {names_text}, but read by {readers}{hint}",
            name=names_text,
            path=text,
            near=near[names_text, text],
            features=tuple(dict.fromkeys(features)),
        )


def _is_wanted(survey: Survey, tally: ReaderTally) -> bool:
    """Tell whether events of a selection are of use: what follows others is not where none of these came."""
    first = tally.reader.follows
    return first is None or any(first.matches("track", name) or first.matches(name, None) for name in survey.names)


def _wanted(tally: ReaderTally) -> list[tuple[tuple[str, ...], ...]]:
    reader = tally.reader
    return [*([reader.paths] if reader.paths else []), *((path,) for path in reader.where_paths)]


def _names_of(survey: Survey, tally: ReaderTally) -> set[str]:
    return {
        name
        for name in survey.names
        if tally.reader.selector.matches("track", name) or tally.reader.selector.matches(name, None)
    }


def _is_there(path: tuple[str, ...], came: set[tuple[str, ...]]) -> bool:
    """Tell whether a path came, or something below it, such as the items of `products`."""
    return path in came or any(other[: len(path)] == path for other in came)


def _near_path(path: tuple[str, ...], came: Iterable[tuple[str, ...]]) -> str | None:
    texts = sorted(map(path_text, came))
    last = sorted(path_text(other) for other in came if other[-1] == path[-1])
    close = difflib.get_close_matches(path_text(path), texts, n=1, cutoff=0.75) or last
    return close[0] if close else None


def skipped_of(survey: Survey) -> list[Skipped]:
    """Give the values that are texts, booleans or objects where a number is wanted, most frequent first."""
    wanted = _numeric_paths(survey)
    found = []
    for (name, path), tally in survey.paths.items():
        if (name, path) in wanted or (path[-1] in NUMBERS and len(path) <= 2 and path[0] in (*NUMBERS, "products")):
            values = sum(
                count for kind, count in tally.kinds.items() if kind not in ("number", "number as text", "null")
            )
            if values:
                found.append(Skipped(name=name, path=path_text(path), values=values, example=_example(tally)))
    return sorted(found, key=lambda one: (-one.values, one.name, one.path))


def _example(tally: PathTally) -> str:
    kinds = [kind for kind in tally.kinds if kind not in _NO_FAULT]
    return tally.example if tally.example is not None else f"a {kinds[0]}"


def _numeric_paths(survey: Survey) -> set[tuple[str, tuple[str, ...]]]:
    return {
        (name, path)
        for tally in survey.tallies
        if tally.reader.kind in NUMERIC
        for name in _names_of(survey, tally)
        for path in tally.reader.paths
    }


def _numbers(survey: Survey) -> Iterator[Finding]:
    for one in skipped_of(survey):
        many = "1 value is no number" if one.values == 1 else f"{one.values:,} values are no numbers"
        message = f"{one.path} of {one.name}: {many}, such as {one.example!r}: skipped"
        yield Finding(kind="number", message=message, name=one.name, path=one.path)


def _currencies(survey: Survey) -> Iterator[Finding]:
    found: dict[str, list[str]] = {}
    for tally in survey.tallies:
        if len(tally.currencies) > 1:
            text = ", ".join(f"{name} {count:,}" for name, count in tally.currencies.most_common(5))
            found.setdefault(text, []).append(tally.reader.feature)
    for text, features in found.items():
        who = tuple(features)
        message = f"amounts of several currencies are added up as one in {some(who)} ({text}): use `where` on currency"
        yield Finding(kind="currency", message=message, path="currency", features=who)


def _users(survey: Survey) -> Iterator[Finding]:
    for user, count in sorted(survey.odd_users.items()):
        hint = "a producer without an id? limits.refuse_users refuses it"
        message = f"{_times(count)} a user called {user!r}, taken for one person: {hint}"
        yield Finding(kind="user", message=message, name=user)


def never_matched(survey: Survey) -> list[NeverMatched]:
    """Give the features over events that found nothing in the whole input, by the definition's order."""
    by_feature: dict[str, list[ReaderTally]] = {}
    for tally in survey.tallies:
        if tally.reader.kind == SINCE or tally.reader.follows is not None:
            continue
        by_feature.setdefault(tally.reader.feature, []).append(tally)
    found = []
    for feature, tallies in by_feature.items():
        if not any(tally.valued for tally in tallies):
            reason, near = _reason(survey, tallies)
            found.append(NeverMatched(feature=feature, reason=reason, near=near))
    return found


def _conditions(tally: ReaderTally) -> dict[str, bool]:
    selection = tally.reader.selection
    return {
        "where": selection is not None and selection.where is not None,
        "items": selection is not None and selection.items is not None,
    }


def _reason(survey: Survey, tallies: list[ReaderTally]) -> tuple[str, str | None]:
    selected = [tally for tally in tallies if tally.selected]
    if not selected:
        wanted = sorted({text for tally in tallies for text in _texts(tally)})
        near = next((name for name in survey.names if near_name(name, wanted)), None)
        return f"no event {', '.join(wanted)} came", near
    if not any(tally.accepted for tally in selected):
        options = [option for option, found in _conditions(selected[0]).items() if found]
        return f"its `{'` and `'.join(options)}` never held", None
    paths = " or ".join(map(path_text, selected[0].reader.paths))
    if selected[0].reader.kind == "trait":
        return f"no identify has {paths}", None
    what = "number" if selected[0].reader.kind in NUMERIC else "value"
    return f"no {what} at {paths}", None


def _texts(tally: ReaderTally) -> set[str]:
    selector = tally.reader.selector
    return {*selector.names, *selector.types, *(f"{prefix}*" for prefix in selector.prefixes)} or {"*"}
