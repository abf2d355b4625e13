"""The definition: all that a marketer decides, loaded, compiled and checked before anything runs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from livesegments.core.definition.checks import check_conditions, evaluation_order
from livesegments.core.definition.cluster_specs import ClusterSpec, read_clusters
from livesegments.core.definition.document import Document, describe, near
from livesegments.core.definition.feature_specs import FeatureSpec, read_feature
from livesegments.core.definition.folder import read_folder
from livesegments.core.definition.identity_spec import IdentitySpec, read_identity
from livesegments.core.definition.limits import Limits, read_limits
from livesegments.core.definition.prediction_specs import PredictionSpec, read_predictions
from livesegments.core.definition.profile_spec import Field, read_profile
from livesegments.core.definition.segment_specs import MembersReader, SegmentSpec, read_segment
from livesegments.core.definition.texts import read_text
from livesegments.core.errors import Problem

__all__ = ["Definition", "cluster_key", "find_definition", "load_definition", "parse_definition", "prediction_key"]

_SECTIONS = ("version", "timezone", "limits", "identity", "features", "segments", "clusters", "predictions", "profile")
_CONDITION_WORDS = ("true", "false", "null", "in", "has", "size")
_NAMES_MAX = 1_000
_OF_A_MACHINE = re.compile(r"(localtime|posixrules|Factory)$|(posix|right)/", re.IGNORECASE)  # no zones of their own
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)


class Definition(msgspec.Struct, kw_only=True, dict=True):
    """A checked definition. Features and segments are in an order in which each comes after what it names."""

    file: str
    text: str
    members: dict[str, list[str]]
    timezone: str
    limits: Limits
    features: dict[str, FeatureSpec]
    segments: dict[str, SegmentSpec]
    clusters: dict[str, ClusterSpec]
    predictions: dict[str, PredictionSpec]
    profile: tuple[Field, ...]
    identity: IdentitySpec | None = None  # None: visitors stay visitors
    warnings: tuple[Problem, ...] = ()  # what is likely to be a mistake

    def to_bytes(self) -> bytes:
        """Give all that workers need to build the same definition: the text and the members lists that were read."""
        return json.dumps({"file": self.file, "text": self.text, "members": self.members}).encode()

    @staticmethod
    def from_bytes(content: bytes) -> Definition:
        """Build the definition that to_bytes was called on."""
        source = json.loads(content)
        return parse_definition(source["text"], source["file"], source["members"])

    def content_of(self, name: str) -> dict[str, Any]:
        """Give what a feature or segment means, with everything that it names.

        What is made of more than a thousand names stands as its fingerprint in what names it.
        """
        return self._contents[name][1]

    @cached_property
    def _contents(self) -> dict[str, tuple[int, dict[str, Any]]]:
        """Give, by name, of how many names it is made, each as often as it is named, and its content."""
        found: dict[str, tuple[int, dict[str, Any]]] = {}
        specs: dict[str, FeatureSpec | SegmentSpec] = {**self.features, **self.segments}
        for name, spec in specs.items():  # each after what it names
            parts = {part: found[part] for part in sorted(spec.names)}
            names = {
                part: content if size <= _NAMES_MAX else _sha256(content)[:12]
                for part, (size, content) in parts.items()
            }
            size = 1 + sum(min(size, _NAMES_MAX + 1) for size, _ in parts.values())
            found[name] = (size, {"content": spec.content, "names": names})
        return found

    def fingerprint(self, name: str) -> str:
        """Give the first 12 hex digits of the SHA-256 of the canonical JSON of what a name means."""
        return _sha256(self.content_of(name))[:12]

    def model_fingerprint(self, name: str) -> str:
        """Give the first 12 hex digits of the SHA-256 of the canonical JSON of a model's meaning and what it reads."""
        if name in self.clusters:
            clustering = self.clusters[name]
            return _sha256([clustering.content, [self.content_of(feature) for feature in clustering.names_read]])[:12]
        spec = self.predictions[name]
        return _sha256([spec.meaning, [self.content_of(feature) for feature in spec.names]])[:12]

    def input_key(self, name: str) -> str:
        """Give the key of what a prediction's model keeps of each user: another one when that changes."""
        return f"{name}:{_sha256(self.predictions[name].kept)[:8]}"

    @property
    def has_models(self) -> bool:
        """Tell whether anything is learned from the stream."""
        return bool(self.clusters or self.predictions)

    @property
    def model_keys(self) -> list[str]:
        """Give the keys of the models' versions among the records of `segment_models`."""
        return [*map(cluster_key, self.clusters), *map(prediction_key, self.predictions)]

    @property
    def digest(self) -> str:
        """Give 16 hex digits that change when any feature, segment, cluster, prediction or profile field changes."""
        names = [*sorted(self.features), *sorted(self.segments)]
        contents = {name: self.content_of(name) for name in names}
        clusters = {name: spec.content for name, spec in self.clusters.items()}
        predictions = {name: spec.content for name, spec in self.predictions.items()}
        return _sha256([contents, clusters, predictions, [msgspec.to_builtins(f) for f in self.profile]])[:16]


def cluster_key(name: str) -> str:
    """Give the key of a clustering's versions among the records of `segment_models`."""
    return f"clusters/{name}"


def prediction_key(name: str) -> str:
    """Give the key of a prediction's versions among the records of `segment_models`."""
    return f"predictions/{name}"


def _sha256(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def find_definition(path: FilePath | str | None = None) -> FilePath:
    """Give the definition file in force: the given one, else ./segments.yaml, else the packaged shop.yaml."""
    if path is not None:
        return FilePath(path)
    local = FilePath("segments.yaml")
    return local if local.exists() else FilePath(str(resources.files("livesegments"))) / "definitions" / "shop.yaml"


def load_definition(path: FilePath | str | None = None, option: str | None = "--config FILE") -> Definition:
    """Load the definition in force; raises DefinitionError with all problems at once.

    `option` is how a path is given, for the message where nothing is there.
    """
    file = find_definition(path)
    if file.is_dir():
        return parse_definition(read_folder(file), str(file / "*.yaml"), None)  # what lists of members are beside
    return parse_definition(read_text(file, "definition file", option), str(file), None)


def parse_definition(
    text: str | Document, file: str = "segments.yaml", members: Mapping[str, Sequence[str]] | None = None
) -> Definition:
    """Build a definition from its text; `members` gives the lists that `members:` names, else they are read from files.

    Raises DefinitionError with all problems at once.
    """
    document = Document(text, file) if isinstance(text, str) else text
    read: dict[str, list[str]] = {}

    def read_members(name: str) -> list[str]:
        found = (
            list(members[name]) if members is not None and name in members else _user_ids(FilePath(file).parent / name)
        )
        read[name] = found
        return found

    root = document.mapping(document.value, (), "a mapping with the sections " + ", ".join(_SECTIONS))
    document.unknown_keys(root, _SECTIONS, (), "section")
    if root.get("version", 1) != 1:
        document.problem(("version",), f"expected 1, found {describe(root['version'])}")
    identity = read_identity(document, root)
    limits = read_limits(document, root.get("limits"), 0 if identity is None else identity.within_ms)
    zone = _zone(document, root.get("timezone", "UTC"))
    features = {}
    for name, value in document.mapping(root.get("features"), ("features",), "a mapping of features").items():
        _check_name(document, ("features", name), name)
        spec = read_feature(document, name, value, limits, zone)
        features[name] = spec
    segments = _read_segments(document, root.get("segments"), features, read_members)
    section = document.mapping(root.get("clusters"), ("clusters",), "a mapping of clusters")
    clusters = read_clusters(document, section, features, segments)
    for name in clusters:
        _check_name(document, ("clusters", name), name)
    section = document.mapping(root.get("predictions"), ("predictions",), "a mapping of predictions")
    predictions = read_predictions(document, section, features, segments)
    for name in predictions:
        _check_name(document, ("predictions", name), name)
        if name in clusters:
            document.problem(("predictions", name), "there is a clustering of this name: rename one of them")
    check_conditions(document, features, segments, clusters, predictions)
    kinds = {name: spec.kind if spec else "" for name, spec in features.items()}
    profile = read_profile(document, root.get("profile"), kinds)
    feature_order = evaluation_order(document, "features", {n: s.names if s else () for n, s in features.items()})
    segment_order = evaluation_order(document, "segments", {n: s.names for n, s in segments.items()})
    document.raise_problems()
    return Definition(
        file=file,
        text=document.text,
        members=read,
        timezone=zone,
        limits=limits,
        features={name: spec for name in feature_order if (spec := features[name]) is not None},
        segments={name: segments[name] for name in segment_order},
        clusters=clusters,
        predictions=predictions,
        profile=profile,
        identity=identity,
        warnings=tuple(document.warnings),
    )


def _read_segments(
    document: Document, section: Any, features: Mapping[str, Any], read_members: MembersReader
) -> dict[str, SegmentSpec]:
    segments = {}
    for name, value in document.mapping(section, ("segments",), "a mapping of segments").items():
        _check_name(document, ("segments", name), name)
        if name in features:
            document.problem(("segments", name), "there is a feature of this name: rename one of them")
        segments[name] = read_segment(document, name, value, read_members)
    return segments


def _user_ids(file: FilePath) -> list[str]:
    ids = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    wrong = next((line for line in ids if len(line) > 256), None)
    if wrong is not None:
        raise ValueError(f"a user id has at most 256 characters, found one of {len(wrong)}")
    return [line for line in ids if line]


def _zone(document: Document, value: Any) -> str:
    try:
        if not isinstance(value, str) or _OF_A_MACHINE.match(value):
            raise ValueError
        return value if value == "UTC" else str(ZoneInfo(value))
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        pass
    except KeyError:
        pass
    hint = near(str(value), sorted(zone for zone in available_timezones() if not _OF_A_MACHINE.match(zone)))
    document.problem(("timezone",), f"expected a time zone such as Europe/Berlin, found {describe(value)}{hint}")
    return "UTC"


def _check_name(document: Document, path: tuple[str, str], name: str) -> None:
    if not _NAME.fullmatch(name):
        expected = "a name of letters, digits and _ that begins with no digit, at most 100 long"
        like = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")[:100]
        hint = f'; write {like}, and title: "{name}"' if path[0] == "segments" and _NAME.fullmatch(like) else ""
        document.problem(path, f'expected {expected}, found "{name}"{hint}')
    elif name in _CONDITION_WORDS:
        document.problem(path, f'"{name}" is a word of the condition language: choose another name')
