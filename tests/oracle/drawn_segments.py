"""Random segments over drawn features: all operators, nesting, memory of every sort."""

import re
from random import Random
from typing import Any

from oracle.drawn_features import ANYTHING, DAYS, DURATIONS, LISTS, NUMBERS, TEXTS, TIMED, Drawn

ORDERINGS = ["<", "<=", ">", ">="]
COMPARISONS = [*ORDERINGS, "==", "!=", ">", ">="]
NUMBER_TEXTS = ["0", "1", "2", "3", "0", "1", "2", "1", "0.5", "5.0", "-1", "9.99", "0.333", "1e1"]
# No power of two times a drawn weight, so that no decayed sum meets a bound exactly: see READINGS.md
BOUNDS = ["0.31", "0.73", "1.27", "5.3", "0.0000579", "5.0 / 86400", "1.0 / 24", "0.013", "71.0"]
DAY_BOUNDS = ["0", "0.0", "-1", "1", "0.31", "7", "30", "-30.5", "365", "5.0 / 86400", "1.0 / 24", "364.99999", "12000"]
TEXT_VALUES = ["'shoes'", "'CH'", '"BrandA"', "'mobile'", "'winter'", "'Saturday'", "''"]
FORMS = ["plain", "plain", "exit", "dwell", "both", "static", "list"]
USERS = ["u-1", "u-2", "ü:3", "device-4"]


def draw_segments(random: Random, drawn: Drawn, memory: bool = True, size_max: int = 8) -> dict[str, dict[str, Any]]:
    """Draw 1 to `size_max` segments whose names do not follow the order in which they name each other."""
    names = [f"s{index}" for index in range(size_max)]
    random.shuffle(names)
    segments: dict[str, dict[str, Any]] = {}
    for name in names[: random.randint(1, size_max)]:
        segments[name] = draw_segment(random, drawn, list(segments), random.choice(FORMS) if memory else "plain")
    return segments


def draw_sharp(random: Random, drawn: Drawn) -> dict[str, dict[str, Any]]:
    """Draw a segment for each feature that is a number, so that each moment at which one changes can be seen."""
    segments = {}
    for holds, names in drawn.items():
        for name in dict.fromkeys(names) if holds in (NUMBERS, TIMED, DAYS) else []:
            bounds = {NUMBERS: ["0", "1", "2", "3"], TIMED: BOUNDS, DAYS: DAY_BOUNDS}[holds]
            segments[f"t_{name}"] = {"when": f"{name} {random.choice(ORDERINGS)} {random.choice(bounds)}"}
    return segments


def draw_segment(random: Random, drawn: Drawn, earlier: list[str], form: str) -> dict[str, Any]:
    if form == "list":
        return {"members": [user for user in USERS if random.randint(0, 1)]}
    segment: dict[str, Any] = {"when": draw_condition(random, drawn, earlier)}
    if form == "static":
        segment["kind"] = "static"
    if form in ("exit", "both"):
        segment["exit_when"] = draw_condition(random, drawn, earlier)
    if form in ("dwell", "both"):
        segment["min_dwell"] = random.choice(DURATIONS)
        segment["cooldown"] = random.choice(DURATIONS)
    return segment


def draw_condition(random: Random, drawn: Drawn, segments: list[str], depth: int = 0) -> str:
    """Draw a condition of one to a few parts."""
    form = random.choice(["atom", "atom", "atom", "&&", "||", "!", "?"] if depth < 2 else ["atom"])
    if form == "atom":
        return draw_atom(random, drawn, segments)
    first, second, third = (draw_condition(random, drawn, segments, depth + 1) for _ in range(3))
    if form == "?":
        return f"({first} ? {second} : {third})"
    return f"!({first})" if form == "!" else f"({first} {form} {second})"


def draw_atom(random: Random, drawn: Drawn, segments: list[str]) -> str:
    """Draw a condition without && and ||; a feature that time changes stands by itself on one side."""
    choices = [holds for holds, names in drawn.items() if names] + ["segment"] * bool(segments)
    holds = random.choice([*choices, NUMBERS, NUMBERS, *(one for one in choices if one in (TIMED, DAYS))])
    if holds == "segment":
        return random.choice(segments)
    name, number = random.choice(drawn[holds]), random.choice(drawn[NUMBERS])
    if DAYS in drawn and (holds in (DAYS, ANYTHING) or not random.randrange(4)):
        special = draw_days(random, drawn, name, holds)
        if special:
            return special
    if holds == TIMED:
        return draw_timed(random, name, number)
    if holds == NUMBERS:
        return draw_comparison(random, name, number)
    text = random.choice(TEXT_VALUES)
    forms = [f"has({name})", f"{name} == null", f"{name} != {text}"]
    if holds == LISTS:
        forms += [f"{text} in {name}", f"size({name}) >= 2", f"{name} + ['x'] == [{text}, 'x']"]
    if holds in (TEXTS, ANYTHING):
        forms += [f"{name} == {text}", f"{name}.startsWith('sh')", f"{name}.contains('a')", f"{name} < {text}"]
        forms += [f"{name}.endsWith('s')", f"{name} in [{text}, 'CH', 3]", f"{name} + 'x' == 'shoesx'"]
    if holds == ANYTHING:
        forms += [f"{name} >= 2", f"{name}", f"{name} == true", f"size({name}) == 2", f"{name} == 3"]
    return random.choice(forms)


def draw_timed(random: Random, name: str, number: str) -> str:
    bound = random.choice([*BOUNDS, number, f"({number} * 0.37)", f"{number} + 0.01"])
    sign = random.choice(ORDERINGS)
    forms = [*[f"{name} {sign} {bound}"] * 4, *[f"{bound} {sign} {name}"] * 3, f"has({name})"]
    return random.choice(forms)


def draw_days(random: Random, drawn: Drawn, name: str, holds: str) -> str | None:
    """Draw what days and dates are asked: bounds, the order of two `days_since`, `date`."""
    if holds == DAYS:
        sign, bound = random.choice(ORDERINGS), random.choice(DAY_BOUNDS)
        return random.choice([f"{name} {sign} {bound}"] * 4 + [f"{bound} {sign} {name}", f"has({name})"])
    if holds == ANYTHING:
        forms = [f"date({name}) {random.choice(COMPARISONS)} date('2024-02-29')", f"date({name}) < 19800"]
        return random.choice(forms) if not random.randrange(3) else None
    days_since = [one for one in dict.fromkeys(drawn[TIMED] + drawn[DAYS]) if re.fullmatch(r"days_since_\d+", one)]
    if len(days_since) < 2:
        return None
    first, second = random.sample(days_since, 2)
    return f"{first} {random.choice(ORDERINGS)} {second}"


def draw_comparison(random: Random, name: str, number: str) -> str:
    sign, bound = random.choice(COMPARISONS), random.choice(NUMBER_TEXTS)
    forms = [
        *[f"{name} {sign} {bound}"] * 6,
        *(f"{name} {sign} {number}", f"{name} / {number} {sign} {bound}", f"{name} + {number} {sign} {bound}"),
        *(f"has({name})", f"{name} in [{bound}, 2]", f"({name} > 1 ? {number} : {bound}) {sign} 1"),
    ]
    return random.choice(forms)
