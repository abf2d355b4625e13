"""The definition file of contract section 3, read into plain records."""

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

from oracle.durations import SECOND_MS, milliseconds
from oracle.expressions import ORDERINGS, Node, names_in, parse, parts_of
from oracle.windows import CalendarWindow, Window, read_window

KINDS = {
    *("trait", "count", "sum", "mean", "min", "max", "first", "last", "recent", "distinct", "top", "share"),
    *("ratio", "rate", "days_since", "decayed", "peak", "peak_share", "session", "value", "cluster", "prediction"),
    *("days_until", "days_since_change", "followed", "unfollowed", "bucket"),
}
TIMED_KINDS = ("days_since", "decayed", "rate", "trait_days", "days_until", "days_since_change")
PAIRS = ("followed", "unfollowed")


@dataclass(frozen=True)
class Feature:
    """One feature; `what` is the value of its key, `options` the rest as written."""

    name: str
    kind: str
    what: Any
    options: dict[str, Any]
    window: Window | CalendarWindow

    @property
    def is_timed(self) -> bool:
        return self.kind in TIMED_KINDS or (self.kind == "session" and self.what == "days_since")

    @property
    def selections(self) -> list[Any]:
        """Give the selections whose events a feature counts; of a pair, the first."""
        if self.kind in PAIRS:
            return [self.what[0]]
        return list(self.what) if self.kind == "ratio" else [self.what]

    @property
    def is_over_traits(self) -> bool:
        return self.kind in ("trait", "trait_days", "days_until", "days_since_change")

    @property
    def paths(self) -> list[str] | None:
        of = self.options.get("of")
        return [of] if isinstance(of, str) else of

    @property
    def gap_ms(self) -> int:
        return milliseconds(self.options.get("gap", f"{30 * 60}s"))


@dataclass(frozen=True)
class Segment:
    """One segment; `when` is None for a list of members."""

    name: str
    when: Node | None
    exit_when: Node | None
    min_dwell_ms: int
    cooldown_ms: int
    is_static: bool
    members: frozenset[str] | None

    @property
    def names(self) -> set[str]:
        return set().union(*(names_in(node) for node in (self.when, self.exit_when) if node is not None))


@dataclass(frozen=True)
class Identity:
    """What is kept of visitors, and when a link is forgotten."""

    events: int = 200
    within_ms: int = 30 * 24 * 3_600 * SECOND_MS
    links_ms: int = 400 * 24 * 3_600 * SECOND_MS


@dataclass(frozen=True)
class Definition:
    """Everything the oracle reads of a definition file; segments stand in the order of evaluation."""

    features: dict[str, Feature]
    segments: list[Segment]
    zone: ZoneInfo
    lateness_ms: int = 7 * 24 * 3_600 * SECOND_MS
    samples: int = 128
    distinct: int = 1000
    message_ids: int = 10_000
    timed_clauses: list[Node] = field(default_factory=list)
    identity: Identity | None = None


def read_definition(document: dict[str, Any]) -> Definition:
    """Read a parsed definition file; checks nothing."""
    zone = ZoneInfo(document.get("timezone", "UTC"))
    features = {name: read_feature(name, keys, zone) for name, keys in (document.get("features") or {}).items()}
    segments = [read_segment(name, keys) for name, keys in (document.get("segments") or {}).items()]
    limits = dict(document.get("limits") or {})
    if "lateness" in limits:
        limits["lateness_ms"] = milliseconds(limits.pop("lateness"))
    timed = timed_clauses(features, segments)
    identity = read_identity(document["identity"] or {}) if "identity" in document else None
    return Definition(features, in_order(segments), zone, timed_clauses=timed, identity=identity, **limits)


def read_identity(keys: dict[str, Any]) -> Identity:
    keep = {"events": 200, "within": "30d", **(keys.get("keep") or {})}
    return Identity(keep["events"], milliseconds(keep["within"]), milliseconds(keys.get("links", "400d")))


def read_feature(name: str, keys: dict[str, Any], zone: ZoneInfo) -> Feature:
    """Read one feature; what is over a trait has the trait's name as `what`."""
    (kind,) = [key for key in keys if key in KINDS]
    what = keys[kind]
    options = {key: value for key, value in keys.items() if key != kind}
    if isinstance(what, dict):
        kind, what = "trait_days" if kind == "days_since" else kind, what["trait"]
    return Feature(name, kind, what, options, read_window(keys, zone))


def read_segment(name: str, keys: dict[str, Any]) -> Segment:
    members = keys.get("members")
    return Segment(
        name=name,
        when=parse(keys["when"]) if "when" in keys else None,
        exit_when=parse(keys["exit_when"]) if "exit_when" in keys else None,
        min_dwell_ms=milliseconds(keys.get("min_dwell", 0)),
        cooldown_ms=milliseconds(keys.get("cooldown", 0)),
        is_static=keys.get("kind", "dynamic") == "static" or members is not None,
        members=None if members is None else frozenset(str(member) for member in members),
    )


def in_order(segments: list[Segment]) -> list[Segment]:
    """Sort for evaluation: repeatedly the smallest name whose named segments are done."""
    by_name = {segment.name: segment for segment in segments}
    waits_for = {segment.name: segment.names & set(by_name) for segment in segments}
    ready = [name for name, names in waits_for.items() if not names]
    heapify(ready)
    done: list[Segment] = []
    while ready:
        name = heappop(ready)
        done.append(by_name[name])
        for other, names in waits_for.items():
            if name in names:
                names.remove(name)
                if not names:
                    heappush(ready, other)
    if len(done) < len(segments):
        raise ValueError("segments name each other in a cycle")
    return done


def timed_clauses(features: dict[str, Feature], segments: list[Segment]) -> list[Node]:
    """Find the comparisons that change with time alone, in conditions and in `value` features."""
    timed = {name for name, feature in features.items() if feature.is_timed}
    conditions = [parse(feature.what) for feature in features.values() if feature.kind == "value"]
    conditions += [node for segment in segments for node in (segment.when, segment.exit_when) if node is not None]
    clauses = [part for node in conditions for part in parts_of(node) if part[0] in ORDERINGS]
    return list(dict.fromkeys(clause for clause in clauses if names_in(clause) & timed))
