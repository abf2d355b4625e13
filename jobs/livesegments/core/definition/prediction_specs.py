"""Reading the `predictions` section: what is foretold about every user, how far ahead, and by which model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from livesegments.core.conditions import Node, canonical, names
from livesegments.core.definition.cluster_specs import check_condition, check_inputs, is_made_of_a_model
from livesegments.core.definition.document import Document, Path, describe, near
from livesegments.core.definition.feature_options import read_selection
from livesegments.core.definition.feature_specs import FeatureSpec
from livesegments.core.definition.options import (
    read_choice,
    read_condition,
    read_duration,
    read_label,
    read_of,
    read_whole,
    selector_texts,
)
from livesegments.core.selection import Selection, Selector
from livesegments.core.times import DAY_MS

__all__ = ["MODELS", "PredictionSpec", "read_predictions"]

Asks = Literal["will", "value", "class"]
Model = Literal["logistic_regression", "decision_tree", "gru", "lstm", "bg_nbd"]
MODELS: tuple[Model, ...] = get_args(Model)
TABULAR = ("logistic_regression", "decision_tree")  # these read features
RECURRENT = ("gru", "lstm")  # these read events
LIFETIME_VALUE = "customer_lifetime_value"

_AHEAD = {"will": "within", "value": "horizon", "class": "in"}
_TAKEN = {"will": ("where",), "value": ("event", "where"), "class": ()}
_COMMON = ("model", "every", "labels", "seed", "title", "description")
_NUMBERS = (
    *("count", "sum", "mean", "min", "max", "distinct", "share", "ratio", "rate"),
    *("days_since", "days_until", "days_since_change", "decayed", "peak_share", "session", "value"),
    *("followed", "unfollowed"),
)  # kinds of features that are read where no features are named; traits and values of events may be texts
_CLASSES_MAX, _FEATURES_MAX, _STEPS_MAX, _LABELS_MAX = 9, 100, 6, 1_000_000


class PredictionSpec(msgspec.Struct, kw_only=True):
    """A prediction as defined.

    `will: SEL, within: DURATION` asks whether such an event follows, `value: customer_lifetime_value, horizon:
    DURATION` how much a user spends, `class: {NAME: CONDITION}, in: DURATION` which condition a user will meet then:
    the first one that holds, in the order of the file, or none.

    Logistic regression and the decision tree read `features`, without them every feature that is always a number and
    not made of a model. The GRU and the LSTM read the user's last 16 of `events` (every track, page and screen), each
    with the money in it at `of` (revenue, else total). BG/NBD reads the purchases: what `will` waits for, or `event`
    (Order Completed) and the money at `of`. `where` filters the event that is waited for, or the purchases.

    A version follows `every_ms` of event time, from `labels` labels on; BG/NBD needs none, but 30 who bought twice.
    """

    name: str
    asks: Asks = "will"
    horizon_ms: int = DAY_MS
    model: Model = "logistic_regression"
    features: tuple[str, ...] = ()
    classes: dict[str, Node] = {}
    event: Selection | None = None  # what `will` waits for, or a purchase; with the paths of the money
    steps: tuple[tuple[str, Selector], ...] = ()  # the events that the GRU and the LSTM read, each with its text
    every_ms: int = 7 * DAY_MS
    labels: int = 100
    seed: int = 1
    title: str = ""
    description: str = ""
    meaning: dict[str, Any] = {}  # what decides an answer, as plain values
    kept: dict[str, Any] | None = None  # what decides what is kept of each user, None where nothing is

    @property
    def content(self) -> dict[str, Any]:
        """Give what decides an answer, and when it changes, without the texts for people."""
        return {**self.meaning, "every": self.every_ms, "labels": self.labels, "seed": self.seed}

    @property
    def names(self) -> tuple[str, ...]:
        """Give each feature once that is read, or that decides a class."""
        told = (name for node in self.classes.values() for name in names(node))
        return tuple(dict.fromkeys((*self.features, *told)))


def read_predictions(
    document: Document,
    section: dict[str, Any],
    features: Mapping[str, FeatureSpec | None],
    segments: Mapping[str, Any],
) -> dict[str, PredictionSpec]:
    """Read all predictions; mistakes are noted in the document."""
    return {name: _Reading(document, name, value, features, segments).spec() for name, value in section.items()}


class _Reading:
    """One prediction's mapping with what reading it needs."""

    def __init__(
        self,
        document: Document,
        name: str,
        value: Any,
        features: Mapping[str, FeatureSpec | None],
        segments: Mapping[str, Any],
    ) -> None:
        self.document = document
        self.name = name
        self.path: Path = ("predictions", name)
        self.value = value
        self.features = features
        self.segments = segments

    def spec(self) -> PredictionSpec:
        """Read it; what is wrong is noted and stands as if it were not there."""
        asks = self._asks()
        if asks is None:
            return PredictionSpec(name=self.name)
        document, value, path = self.document, self.value, self.path
        model = self._model(asks)
        self._keys(asks, model)
        horizon_ms = self._horizon(asks)
        event, event_content = self._event(asks, model)
        steps = self._steps(model)
        classes = self._classes() if asks == "class" else {}
        features = self._inputs() if model in TABULAR else ()
        event_content |= {"events": [text for text, _ in steps]} if steps else {}
        meaning = {
            "asks": asks,
            "horizon": horizon_ms,
            "model": model,
            "features": list(features),
            "classes": [[key, canonical(node)] for key, node in classes.items()],
            **event_content,
            **({"last_step": "now"} if steps else {}),  # a model that was learned without it is another one
        }
        return PredictionSpec(
            name=self.name,
            asks=asks,
            horizon_ms=horizon_ms,
            model=model,
            features=features,
            classes=classes,
            event=event,
            steps=steps,
            every_ms=read_duration(document, value.get("every"), (*path, "every"), 7 * DAY_MS),
            labels=read_whole(document, value.get("labels"), (*path, "labels"), 100, 10, _LABELS_MAX),
            seed=read_whole(document, value.get("seed"), (*path, "seed"), 1, 0, 2**31 - 1),
            title=read_label(document, value, "title", path) or self.name.replace("_", " ").capitalize(),
            description=read_label(document, value, "description", path),
            meaning=meaning,
            kept=None if model in TABULAR else {"model": model, **event_content},
        )

    def _asks(self) -> Asks | None:
        example = "{will: Order Completed, within: 30d}"
        if not isinstance(self.value, dict):
            self.document.problem(self.path, f"expected a mapping such as {example}, found {describe(self.value)}")
            return None
        found: list[Asks] = [asks for asks in get_args(Asks) if asks in self.value]
        if len(found) == 1:
            return found[0]
        known = [*_AHEAD, *_AHEAD.values(), *_COMMON, "event", "where", "of", "features", "events"]
        wrong = next((key for key in self.value if key not in known), None)
        hint = near(wrong, _AHEAD) if wrong and not found else ""
        told = f'"{wrong}"' if wrong and not found else ", ".join(found) or "none of them"
        self.document.problem(self.path, f"expected exactly one of {', '.join(_AHEAD)}; found {told}{hint}")
        return None

    def _model(self, asks: Asks) -> Model:
        default: Model = "bg_nbd" if asks == "value" else "logistic_regression"
        path = (*self.path, "model")
        value = read_choice(self.document, self.value.get("model", default), path, MODELS, default)
        if asks == "value" and value != "bg_nbd":
            self.document.problem(path, f"a value needs the model bg_nbd, found {value}")
            return default
        if asks == "class" and value == "bg_nbd":
            self.document.problem(path, f"bg_nbd tells no classes: expected one of {', '.join(MODELS[:-1])}")
            return default
        return value

    def _keys(self, asks: Asks, model: Model) -> None:
        taken = [asks, _AHEAD[asks], *_TAKEN[asks], *_COMMON]
        reads = {
            "features": TABULAR,
            "events": RECURRENT,
            "of": (*RECURRENT, "bg_nbd") if asks == "value" else RECURRENT,
        }
        for option, models in reads.items():
            if model in models:
                taken.append(option)
            elif option in self.value:
                wanted = " or ".join(models)
                self.document.problem(
                    (*self.path, option), f"`{option}` is read by {wanted}, not by {model}: remove it"
                )
                taken.append(option)
        self.document.unknown_keys(self.value, taken, self.path, f"option of `{asks}`")
        if asks == "value" and self.value["value"] != LIFETIME_VALUE:
            found = self.value["value"]
            hint = near(found, [LIFETIME_VALUE]) if isinstance(found, str) else ""
            self.document.problem((*self.path, "value"), f"expected {LIFETIME_VALUE}, found {describe(found)}{hint}")

    def _horizon(self, asks: Asks) -> int:
        key = _AHEAD[asks]
        if key not in self.value:
            self.document.problem(self.path, f"`{asks}` expected `{key}: DURATION` such as {key}: 30d, found nothing")
            return DAY_MS
        return read_duration(self.document, self.value[key] or "", (*self.path, key), 1)

    def _event(self, asks: Asks, model: Model) -> tuple[Selection | None, dict[str, Any]]:
        """Give what is waited for or counted, with the paths of the money in it."""
        document, path = self.document, self.path
        paths, content = [], {}
        if asks == "value" or model in RECURRENT:
            paths = read_of(document, self.value.get("of", ["revenue", "total"]), (*path, "of"))
            content["of"] = [list(part) for part in paths]
        if asks == "class":
            return (Selection(Selector([]), paths) if paths else None), content
        key = "will" if asks == "will" else "event"
        texts = selector_texts(document, self.value.get(key, "Order Completed"), (*path, key))
        selection, where = read_selection(document, Selector(texts), paths, self.value, path)
        return selection, {**content, "event": sorted(texts), "where": where}

    def _steps(self, model: Model) -> tuple[tuple[str, Selector], ...]:
        if model not in RECURRENT:
            return ()
        texts = selector_texts(self.document, self.value.get("events", "*"), (*self.path, "events"))
        if len(texts) > _STEPS_MAX:
            self.document.problem(
                (*self.path, "events"), f"expected at most {_STEPS_MAX} kinds of events, found {len(texts)}"
            )
        return tuple((text, Selector([text])) for text in texts)

    def _inputs(self) -> tuple[str, ...]:
        path = (*self.path, "features")
        given = self.value.get("features")
        if given is None:
            found = tuple(
                name
                for name, spec in self.features.items()
                if spec is not None and spec.kind in _NUMBERS and not is_made_of_a_model(name, self.features)
            )
            if not found:
                self.document.problem(self.path, "expected a feature that is always a number to read, found none")
            return found[:_FEATURES_MAX]
        if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
            self.document.problem(path, f"expected a list of features, found {describe(given)}")
            return ()
        if len(given) > _FEATURES_MAX:
            self.document.problem(path, f"expected at most {_FEATURES_MAX} features, found {len(given)}")
        for index, name in enumerate(given):
            if name in given[:index]:
                self.document.problem(path, f'"{name}" stands there twice')
        check_inputs(self.document, path, tuple(given), self.features)
        return tuple(given)

    def _classes(self) -> dict[str, Node]:
        path = (*self.path, "class")
        given = self.value["class"]
        if not isinstance(given, dict) or not 1 <= len(given) <= _CLASSES_MAX:
            expected = f"1 to {_CLASSES_MAX} classes such as {{high: 'revenue_90d >= 500', low: 'revenue_90d < 50'}}"
            self.document.problem(path, f"expected {expected}, found {describe(given)}")
            return {}
        read = {key: self._condition(text, (*path, key)) for key, text in given.items()}
        return {key: node for key, node in read.items() if node is not None}

    def _condition(self, text: Any, path: Path) -> Node | None:
        node = read_condition(self.document, text, path)
        if node is not None:
            check_condition(self.document, path, node, self.features, self.segments)
        return node
