"""A sweep: one segment with many values of one number, all in one pass, since each value is a segment of its own."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from livesegments.core.definition import Definition, parse_definition
from livesegments.core.definition.document import Document, near
from livesegments.core.errors import DefinitionError, EdgeError
from livesegments.preview.records import Overlap, Sampled
from livesegments.preview.report import report_of
from livesegments.preview.trial import Trial

__all__ = ["Sweep", "SweepReport", "Swept", "read_sweep"]

VALUES_MAX = 50
_KEYS = ("when", "exit_when", "min_dwell", "cooldown")
_SPEC = re.compile(r"segments\.([^.\s]+)\.([^.\s:]+)\s*:\s*(.+)", re.DOTALL)
_BRACES = re.compile(r"\{([^{}]*)\}")


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """The segment with one of the values; `alike` are the other segments of the definition, the most alike first.

    `jaccard` is the share of users who are in both this one and the segment as the file has it, of those in either.
    """

    value: str
    condition: str
    members: Sampled
    share: float
    entered_per_day: float
    left: int
    returned: int
    median_stay_ms: float | None
    jaccard: float
    alike: list[Overlap]


class SweepReport(msgspec.Struct, frozen=True, kw_only=True):
    """What each value of a sweep would do."""

    segment: str
    key: str
    start: str | None
    end: str | None
    days: float
    events: str
    share: float
    users: Sampled
    values: list[Swept]


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """A definition in which one segment stands once for each value, beside itself; `variants` are their names."""

    definition: Definition
    segment: str
    key: str
    values: tuple[tuple[str, str], ...]  # each value, and the text that the key has with it
    variants: tuple[str, ...]

    def report_of(self, trial: Trial) -> SweepReport:
        """Give what a trial of the definition found of each value."""
        whole = report_of(trial)
        sides = {one.segment: one.new for one in whole.segments}
        own = sides[self.segment]
        assert own is not None
        rows = []
        for (value, text), name in zip(self.values, self.variants, strict=True):
            side = sides[name]
            assert side is not None
            others = {overlap.segment: overlap for overlap in side.overlaps}
            nobody = not side.members.users and not own.members.users
            rows.append(
                Swept(
                    value=value,
                    condition=text,
                    members=side.members,
                    share=side.share,
                    entered_per_day=side.entered_per_day,
                    left=side.left,
                    returned=side.returned,
                    median_stay_ms=side.median_stay_ms,
                    jaccard=others[self.segment].jaccard if self.segment in others else float(nobody),
                    alike=[one for one in side.overlaps if one.segment not in (self.segment, *self.variants)],
                )
            )
        return SweepReport(
            segment=self.segment,
            key=self.key,
            start=whole.start,
            end=whole.end,
            days=whole.days,
            events=whole.events,
            share=whole.share,
            users=whole.users,
            values=rows,
        )


def read_sweep(text: str, definition: Definition) -> Sweep:
    """Read such as `segments.vip.when: orders_90d >= {2..8}`; raises EdgeError for what is none.

    In braces stand `from..to`, `from..to..step`, or values with commas between. Only one pair of braces may.
    """
    found = _SPEC.fullmatch(text.strip())
    if found is None or found[2] not in _KEYS:
        raise EdgeError(f"--sweep: expected segments.NAME.KEY: TEXT, with a KEY of {', '.join(_KEYS)}, found {text!r}")
    name, key, template = found[1], found[2], found[3].strip()
    if name not in definition.segments:
        hint = near(name, definition.segments)
        raise EdgeError(f'--sweep: required a segment of {definition.file}, found "{name}"{hint}')
    braces = _BRACES.findall(template)
    if len(braces) != 1:
        raise EdgeError(f"--sweep: expected one pair of braces such as {{2..8}} or {{2,4,8}}, found {template!r}")
    values = tuple((value, template.replace(f"{{{braces[0]}}}", value)) for value in _values(braces[0]))
    variants = tuple(_free_name(f"{name}__{number}", definition) for number in range(1, len(values) + 1))
    return Sweep(
        definition=_with_variants(definition, name, key, dict(zip(variants, values, strict=True))),
        segment=name,
        key=key,
        values=values,
        variants=variants,
    )


def _values(text: str) -> list[str]:
    if ".." not in text:
        values = [part.strip() for part in text.split(",")]
        if not all(values):
            raise EdgeError(f"--sweep: expected values such as {{2..8}} or {{2,4,8}}, found {{{text}}}")
    else:
        values = _range(text)
    if not 1 < len(values) <= VALUES_MAX:
        raise EdgeError(f"--sweep: expected 2 to {VALUES_MAX} values, found {len(values)} in {{{text}}}")
    return values


def _range(text: str) -> list[str]:
    try:
        first, last, *steps = (Decimal(part.strip()) for part in text.split(".."))
        step = steps[0] if steps else Decimal(1)
        if len(steps) > 1 or step <= 0 or last < first or (last - first) / step > 10_000:
            raise ValueError
    except (InvalidOperation, ValueError):
        raise EdgeError(f"--sweep: expected a range such as {{2..8}} or {{0.1..0.5..0.1}}, found {{{text}}}") from None
    return [str(first + step * number) for number in range(int((last - first) / step) + 1)]


def _free_name(name: str, definition: Definition) -> str:
    while name in definition.segments or name in definition.features:
        name += "_"
    return name


def _with_variants(definition: Definition, name: str, key: str, variants: dict[str, tuple[str, str]]) -> Definition:
    root: dict[str, Any] = Document(definition.text, definition.file).value
    own = root["segments"][name]
    for variant, (_, text) in variants.items():
        root["segments"][variant] = {**own, key: text}
    try:
        return parse_definition(json.dumps(root), definition.file, definition.members)
    except DefinitionError as error:
        told = dict.fromkeys(problem.message for problem in error.problems)
        raise EdgeError("\n".join(f"--sweep: segments.{name}.{key}: {message}" for message in told)) from None
