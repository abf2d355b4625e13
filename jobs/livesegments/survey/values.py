"""Values of events that conditions cannot mean: texts compared with numbers, or a text in another spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from livesegments.core.selection import path_text
from livesegments.survey.comparisons import Comparison
from livesegments.survey.paths import kind_of
from livesegments.survey.readers import Path
from livesegments.survey.records import Finding
from livesegments.survey.survey import PathTally, Survey

__all__ = ["misread", "respelt"]

# Spaces, `_` and `-` within a text, but not between digits: 1-5 is not 15, and A- is not A.
_JOINTS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W_])|(?<=[^\W_])[\s_-]+(?=[^\W\d_])")


def misread(survey: Survey) -> Iterator[Finding]:
    """Give the paths whose values are of another kind than what conditions compare them with.

    Forms often send numbers and truths as texts: those are told. A text is expected where others are equal to it.
    """
    found: dict[tuple[str, Path, str, str], list[Comparison]] = {}
    for one in survey.comparisons:
        tallies = _tallies(survey, one)
        for (name, path), tally in tallies.items():
            message = _misread(one, tally, list(tallies.values()))
            if message:
                found.setdefault((name, path, one.compared, message), []).append(one)
    for (name, path, _, message), comparisons in found.items():
        by = ", ".join(dict.fromkeys(one.by for one in comparisons))
        features = tuple(dict.fromkeys(one.feature for one in comparisons))
        text = path_text(path)
        said = f"{text} of {name}: {message.format(by=by)}"
        yield Finding(kind="number", message=said, name=name, path=text, features=features)


def _tallies(survey: Survey, one: Comparison) -> dict[tuple[str, Path], PathTally]:
    """Give what came at the paths that are compared, with the events that are read, by name and path."""
    names = sorted(n for n in survey.names if one.selector.matches("track", n) or one.selector.matches(n, None))
    keys = ((name, path) for name in names for path in one.paths)
    return {key: survey.paths[key] for key in keys if key in survey.paths}


def _misread(one: Comparison, tally: PathTally, tallies: list[PathTally]) -> str | None:
    """Say what is wrong with the values of a path, None for nothing; `tallies` are those of the whole comparison."""
    if isinstance(one.value, str):
        return _misread_by_text(one, one.value, tally, tallies)
    texts = tally.kinds["text"] + tally.kinds["number as text"]
    if not texts:
        return None
    if isinstance(one.value, bool):
        truth = "true" if one.value else "false"
        return f"{_many(texts, 'text')}, but {{by}} asks whether {one.compared} is {truth}, which no text is"
    are_numbers_there = any(other.kinds["number"] for other in tallies)
    if not one.ordered and are_numbers_there and not tally.kinds["number as text"]:
        return None  # such as sizes, of which some are numbers
    what = "more than, less than or equal to"
    return f"{_many(texts, 'text')}, but {{by}} compares {one.compared} with a number, which no text is {what}"


def _misread_by_text(one: Comparison, value: str, tally: PathTally, tallies: list[PathTally]) -> str | None:
    are_texts_there = any(other.kinds["text"] + other.kinds["number as text"] for other in tallies)
    came = any(value in other.texts for other in tallies)
    is_number, is_truth = kind_of(value) == "number as text", value in ("true", "false")
    for kind, count, is_meant in (
        ("number", tally.kinds["number"], is_number),
        ("boolean", tally.kinds["boolean"], is_truth),
    ):
        if not count or came or not value or (are_texts_there and not is_meant):
            continue
        many = _many(count, "number") if kind == "number" else _many(count, "true or false", is_noun=False)
        hint = f": write {value} without quotes" if is_meant else ""
        return f'{many}, but {{by}} compares {one.compared} with the text "{value}"{hint}'
    return None


def _many(count: int, what: str, *, is_noun: bool = True) -> str:
    if count == 1:
        return f"1 value is {'a ' if is_noun else ''}{what}"
    return f"{count:,} values are {what}{'s' if is_noun else ''}"


def respelt(survey: Survey) -> Iterator[Finding]:
    """Give the texts that conditions compare with and that never came, where one came that is spelt otherwise.

    That is in other case, with other accents, or joined otherwise: `store_330` for `Store 330`. A letter more or less
    is another value.
    """
    wanted: dict[tuple[str, str], set[str]] = {}
    for one in survey.comparisons:
        if isinstance(one.value, str):
            wanted.setdefault((one.by, one.compared), set()).add(one.value)
    found: dict[tuple[str, str, str], Finding] = {}
    for one in survey.comparisons:
        if not isinstance(one.value, str) or one.ordered:
            continue
        tallies = _tallies(survey, one)
        near = _respelt(one.value, tallies)
        if near is None or near[2] in wanted[one.by, one.compared]:  # a condition may name both
            continue
        name, path, text, count = near
        times = "once" if count == 1 else f"{count:,} times"
        message = (
            f'{path_text(path)} of {name}: "{one.value}" never came, but {one.by} compares {one.compared} with it: '
            f'did you mean "{text}", which came {times}?'
        )
        finding = Finding(
            kind="value", message=message, name=name, path=path_text(path), near=text, features=(one.feature,)
        )
        found.setdefault((one.by, one.compared, one.value), finding)
    yield from found.values()


def _respelt(value: str, tallies: dict[tuple[str, Path], PathTally]) -> tuple[str, Path, str, int] | None:
    """Give the most frequent text that differs only in its spelling, and where it came; None where the value came."""
    if any(value in tally.texts for tally in tallies.values()):
        return None
    plain = _plain(value)
    best: tuple[str, Path, str, int] | None = None
    for (name, path), tally in tallies.items():
        for text, count in tally.texts.items():
            if _plain(text) == plain and (best is None or count > best[3]):
                best = name, path, text, count
    return best


def _plain(text: str) -> str:
    """Give a text without what people write in one way or another.

    >>> _plain(" Store 330"), _plain("store_330"), _plain("Café"), _plain("1-5"), _plain("A-")
    ('store330', 'store330', 'cafe', '1-5', 'a-')
    """
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return _JOINTS.sub("", "".join(one for one in letters if not unicodedata.combining(one)))
