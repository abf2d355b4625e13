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

__all__ = ["compared_values"]

_Tallies = dict[tuple[str, Path], PathTally]

# Spaces, `_` and `-` within a text, but not between digits: 1-5 is not 15, and A- is not A.
_JOINTS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W_])|(?<=[^\W_])[\s_-]+(?=[^\W\d_])")


class _Came:
    """What came at the paths that are compared: looked for once for each selector, made plain once for each path."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._tallies: dict[tuple[int, tuple[Path, ...]], _Tallies] = {}
        self._plain: dict[tuple[str, Path], dict[str, tuple[str, int]]] = {}

    def tallies(self, one: Comparison) -> _Tallies:
        """Give what came at the paths that are compared, with the events that are read, by name and path."""
        key = id(one.selector), one.paths
        if key not in self._tallies:
            selector, paths = one.selector, self.survey.paths
            names = sorted(n for n in self.survey.names if selector.matches("track", n) or selector.matches(n, None))
            keys = [(name, path) for name in names for path in one.paths]
            self._tallies[key] = {each: paths[each] for each in keys if each in paths}
        return self._tallies[key]

    def plain(self, key: tuple[str, Path]) -> dict[str, tuple[str, int]]:
        """Give the most frequent text of a path for each plain form, and how often it came."""
        found = self._plain.get(key)
        if found is None:
            found = self._plain[key] = {}
            for text, count in self.survey.paths[key].texts.items():
                plain = _plain(text)
                if plain not in found or count > found[plain][1]:
                    found[plain] = text, count
        return found


def compared_values(survey: Survey) -> Iterator[Finding]:
    """Give the values that are of another kind, or spelt otherwise, than what conditions compare them with."""
    came = _Came(survey)
    yield from _of_another_kind(survey, came)
    yield from _spelt_otherwise(survey, came)


def _of_another_kind(survey: Survey, came: _Came) -> Iterator[Finding]:
    """Give the paths whose values are of another kind than what conditions compare them with.

    Forms often send numbers and truths as texts: those are told. A text is expected where others are equal to it. So is
    what a condition compares with both kinds, as in `vip == true || vip == "true"`, but by `!=` no text except the one
    that is named: `price != "N/A" && price > 5`.
    """
    beside: dict[tuple[str, str, tuple[Path, ...]], list[Comparison]] = {}
    for one in survey.comparisons:
        beside.setdefault((one.by, one.compared, one.paths), []).append(one)
    of_readers = {key: _Beside(comparisons) for key, comparisons in beside.items()}
    found: dict[tuple[str, Path, str, tuple[str, str]], list[Comparison]] = {}
    for one in survey.comparisons:
        if one.operator == "!=":
            continue
        tallies = came.tallies(one)
        of_reader = of_readers[one.by, one.compared, one.paths]
        for (name, path), tally in tallies.items():
            message = _misread(one, tally, list(tallies.values()), of_reader)
            if message:
                found.setdefault((name, path, one.compared, message), []).append(one)
    for (name, path, _, (many, rest)), comparisons in found.items():
        by = ", ".join(dict.fromkeys(one.by for one in comparisons))
        features = tuple(dict.fromkeys(one.feature for one in comparisons))
        text = path_text(path)
        said = f"{text} of {name}: {many}, but {by} {rest}"
        yield Finding(kind="value", message=said, name=name, path=text, features=features)


class _Beside:
    """With which kinds of values one reader compares the same name, and which texts it only leaves out."""

    def __init__(self, comparisons: list[Comparison]) -> None:
        texts = [(one.value, one.operator) for one in comparisons if isinstance(one.value, str)]
        self.texts = any(operator != "!=" and text for text, operator in texts)  # an empty text is no text that came
        self.left_out = {text for text, operator in texts if operator == "!=" and text}
        self.truths = any(isinstance(one.value, bool) for one in comparisons)
        self.numbers = any(not isinstance(one.value, bool | str) for one in comparisons)


def _misread(one: Comparison, tally: PathTally, tallies: list[PathTally], beside: _Beside) -> tuple[str, str] | None:
    """Say what came and what is wrong with it, None for nothing; `tallies` are those of the whole comparison."""
    if isinstance(one.value, str):
        return _misread_by_text(one, one.value, tally, tallies, beside)
    texts = tally.kinds["text"] + tally.kinds["number as text"]
    texts -= sum(tally.texts.get(text, 0) for text in beside.left_out)
    if texts <= 0 or beside.texts:
        return None
    if isinstance(one.value, bool):
        truth = "true" if one.value else "false"
        return _many(texts, "text"), f'asks whether {one.compared} is {truth}, and the text "{truth}" is not {truth}'
    are_numbers_there = any(other.kinds["number"] for other in tallies)
    if not one.ordered and are_numbers_there and not tally.kinds["number as text"]:
        return None  # such as sizes, of which some are numbers
    return _many(texts, "text"), f"compares {one.compared} with a number: a text never compares with a number"


def _misread_by_text(
    one: Comparison, value: str, tally: PathTally, tallies: list[PathTally], beside: _Beside
) -> tuple[str, str] | None:
    are_texts_there = any(other.kinds["text"] + other.kinds["number as text"] for other in tallies)
    came = any(value in other.texts for other in tallies)
    is_number, is_truth = kind_of(value) == "number as text", value in ("true", "false")
    for kind, count, is_meant, is_expected in (
        ("number", tally.kinds["number"], is_number, beside.numbers),
        ("boolean", tally.kinds["boolean"], is_truth, beside.truths),
    ):
        if not count or came or not value or is_expected or (are_texts_there and not is_meant):
            continue
        many = _many(count, "number") if kind == "number" else _many(count, "true or false", is_noun=False)
        hint = f": write {value} without quotes" if is_meant else ""
        return many, f'compares {one.compared} with the text "{value}"{hint}'
    return None


def _many(count: int, what: str, *, is_noun: bool = True) -> str:
    if count == 1:
        return f"1 value is {'a ' if is_noun else ''}{what}"
    return f"{count:,} values are {what}{'s' if is_noun else ''}"


def _spelt_otherwise(survey: Survey, came: _Came) -> Iterator[Finding]:
    """Give the texts that conditions compare with and that never came, where one came that is spelt otherwise.

    That is in other case, with other accents, or joined otherwise: `store_330` for `Store 330`. A letter more or less
    is another value. `!=` only leaves out: nothing is missed where that never came.
    """
    wanted: dict[tuple[str, str], set[str]] = {}
    for one in survey.comparisons:
        if isinstance(one.value, str):
            wanted.setdefault((one.by, one.compared), set()).add(one.value)
    found: dict[tuple[str, str, str], Finding] = {}
    for one in survey.comparisons:
        if not isinstance(one.value, str) or one.ordered or one.operator == "!=":
            continue
        near = _respelt(one.value, one, came)
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


def _respelt(value: str, one: Comparison, came: _Came) -> tuple[str, Path, str, int] | None:
    """Give the most frequent text that differs only in its spelling, and where it came; None where the value came."""
    tallies = came.tallies(one)
    plain = _plain(value)
    if not plain or any(value in tally.texts for tally in tallies.values()):
        return None
    best: tuple[str, Path, str, int] | None = None
    for name, path in tallies:
        text, count = came.plain((name, path)).get(plain, ("", 0))
        if count > (best[3] if best else 0):
            best = name, path, text, count
    return best


def _plain(text: str) -> str:
    """Give a text without what people write in one way or another.

    >>> _plain(" Store 330"), _plain("store_330"), _plain("Café"), _plain("1-5"), _plain("A-")
    ('store330', 'store330', 'cafe', '1-5', 'a-')
    """
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return _JOINTS.sub("", "".join(one for one in letters if not unicodedata.combining(one)))
