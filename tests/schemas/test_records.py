"""What is written and what is read agrees with the schemas: examples, replays, models, bad input."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from livesegments.core.deadletter import REASONS, dead_letter
from livesegments.core.definition import load_definition, parse_definition
from livesegments.core.definition.feature_specs import KINDS
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import Scaling
from livesegments.models.clusters.version import Version
from livesegments.models.passes import learn_models
from livesegments.models.predictions.model import PredictionModel
from livesegments.schemas import RECORDS, json_schema
from livesegments.schemas.profile import FEATURE_TYPES
from livesegments.shop.generator import write
from models.prediction_lines import DEFINITION as PREDICTED
from models.prediction_lines import PREDICTIONS, shop_lines
from schemas.contract import CHANGE, DEAD_LETTER, EVENT, EXAMPLES, PROFILE

SHOP = Path(str(resources.files("livesegments"))) / "definitions" / "shop.yaml"
DEFINITION = load_definition(SHOP)
VALIDATORS = {record.name: Draft202012Validator(json_schema(record, DEFINITION)) for record in RECORDS}
README = Path(__file__).parents[2] / "README.md"
Edit = Callable[[dict[str, Any]], Any]


def complaints(name: str, document: Any) -> list[str]:
    return [error.message for error in VALIDATORS[name].iter_errors(document)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_the_documentation_are_valid(name: str) -> None:
    assert complaints(name, EXAMPLES[name]) == []


def test_every_event_of_the_readme_is_valid() -> None:
    blocks = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    events = [json.loads(line) for block in blocks for line in block.splitlines() if '"messageId"' in line]
    assert all(complaints("event.v1", event) == [] for event in events)


@pytest.mark.parametrize(
    ("name", "example", "edit"),
    [
        ("event.v1", EVENT, lambda it: it.update(messageId=["m"])),
        ("event.v1", EVENT, lambda it: it.update(timestamp=None)),
        ("event.v1", EVENT, lambda it: it.update(type="purchase")),
        ("event.v1", EVENT, lambda it: it.update(messageId="x" * 257)),
        ("segment-change.v1", CHANGE, lambda it: it["data"].pop("sequence")),
        ("segment-change.v1", CHANGE, lambda it: it.pop("specversion")),
        ("segment-change.v1", CHANGE, lambda it: it.update(type="livesegments.segment.entered.v2")),
        ("segment-change.v1", CHANGE, lambda it: it["data"]["cause"].update(kind="chance")),
        ("segment-change.v1", CHANGE, lambda it: it.update(id="12345")),
        ("profile.v1", PROFILE, lambda it: it.pop("user_id")),
        ("profile.v1", PROFILE, lambda it: it["preferences"].update(favorite_brands=None)),
        ("profile.v1", PROFILE, lambda it: it["engagement"].update(email_open_rate="high")),
        ("profile.v1", PROFILE, lambda it: it["features"].update(orders=-1)),
        ("dead-letter.v1", DEAD_LETTER, lambda it: it.update(reason="bad_mood")),
        ("dead-letter.v1", DEAD_LETTER, lambda it: it.update(encoding="rot13")),
        ("dead-letter.v1", DEAD_LETTER, lambda it: it.pop("raw")),
    ],
)
def test_what_differs_is_refused(name: str, example: dict[str, Any], edit: Edit) -> None:
    document = copy.deepcopy(example)
    edit(document)
    assert complaints(name, document)


@pytest.mark.parametrize(
    "edit",
    [
        lambda it: it.update(),
        lambda it: it.pop("userId"),
        lambda it: it.update(userId=None),
        lambda it: it.update(userId=None, anonymousId="a"),
        lambda it: it.update(userId=""),
        lambda it: it.update(userId="x" * 257),
        lambda it: it.update(userId=12345),
        lambda it: it.update(anonymousId=1),
        lambda it: it.pop("event"),
        lambda it: it.update(event=""),
        lambda it: it.update(event=None),
        lambda it: it.update(type="page", event=None),
        lambda it: it.update(type="identify"),
        lambda it: it.update(type="identify", traits=None),
        lambda it: it.update(type="identify", traits={}),
        lambda it: it.update(type="erase"),
        lambda it: it.update(properties=None),
        lambda it: it.update(properties=[]),
        lambda it: it.update(properties={"revenue": "59.80"}),
        lambda it: it.update(properties={"revenue": None, "total": 1, "price": -0.5}),
        lambda it: it.update(properties={"quantity": True}),
        lambda it: it.update(properties={"products": {}}),
        lambda it: it.update(properties={"products": [{}, "a"]}),
        lambda it: it.update(properties={"products": None}),
        lambda it: it.update(context="web"),
        lambda it: it.update(type="TRACK"),
        lambda it: it.update(type="purchase"),
        lambda it: it.update(type="TRACK", event=""),
        lambda it: it.update(type=None),
        lambda it: it.pop("messageId"),
        lambda it: it.update(messageId=17),
        lambda it: it.update(messageId=17.5),
        lambda it: it.update(userId=12.0),
        lambda it: it.update(userId=12.5),
        lambda it: it.update(userId=True),
        lambda it: it.update(userId="", anonymousId="a"),
        lambda it: it.update(type="Alias", previousId=[]),
        lambda it: it.update(previousId=[]),
        lambda it: it.pop("timestamp"),
        lambda it: it.update(timestamp="", sentAt=it["timestamp"]),
        lambda it: it.update(timestamp=None, receivedAt=1_731_162_000_000),
        lambda it: it.update(timestamp=True),
        lambda it: it.update(timestamp=1_731_162_000),
        lambda it: it.update(_time_ms="x", _user_id=5, surprise={}),
    ],
)
def test_schema_and_decoder_agree_on_events(edit: Edit) -> None:
    document = copy.deepcopy(EVENT)
    edit(document)
    try:
        decode(json.dumps(document).encode())
        accepted = True
    except BadEvent:
        accepted = False
    assert (complaints("event.v1", document) == []) == accepted


def test_schema_and_decoder_agree_on_a_shop(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", 20, 10, 5)
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()[:500]
    verdicts = set()
    for line in lines:
        try:
            decode(line)
        except BadEvent as error:
            if error.reason in ("invalid_json", "too_large") or "$.timestamp" in error.message:
                continue
            verdict = False
        else:
            verdict = True
        verdicts.add(verdict)
        assert (complaints("event.v1", json.loads(line)) == []) == verdict, line
    assert True in verdicts


@pytest.mark.thorough
def test_all_that_a_replay_writes_is_valid(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", 120, 40, 5)
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    user = decode(lines[0]).user_id
    erase = {"type": "erase", "messageId": "erase-1", "userId": user, "timestamp": "2024-01-20T00:00:00Z"}
    lines += [b"{", b"\xff", json.dumps(erase).encode(), lines[0]]
    letters: list[bytes] = []
    replay = Replay(
        Engine(DEFINITION), None, lambda line, error: letters.append(dead_letter(line, error.reason, error.message))
    )
    changes = [json.loads(change.encode()) for change in replay.run(lines)]
    profiles = [json.loads(document) for document in replay.documents()]
    assert {change["type"].split(".")[-2] for change in changes} == {"entered", "exited", "erased"}
    assert any(profile.get("erased") for profile in profiles)
    assert {json.loads(letter)["reason"] for letter in letters} >= {"invalid_json", "erased"}
    for name, documents in (
        ("segment-change.v1", changes),
        ("profile.v1", profiles),
        ("dead-letter.v1", [json.loads(letter) for letter in letters]),
    ):
        wrong = [(found, document) for document in documents if (found := complaints(name, document))]
        assert wrong == [], name


def test_every_field_that_a_profile_has_is_in_its_schema(tmp_path: Path) -> None:
    write(tmp_path / "events.jsonl", 5, 5, 5)
    replay = Replay(Engine(DEFINITION))
    list(replay.run((tmp_path / "events.jsonl").read_bytes().splitlines()))
    profile = json.loads(next(iter(replay.documents())))
    schemas = VALIDATORS["profile.v1"].schema["$defs"]
    top = schemas["Profile"]["properties"]
    assert list(profile) == list(top)
    for name, part in profile.items():
        if "$ref" in top[name]:
            assert sorted(part) == sorted(schemas[top[name]["$ref"].rsplit("/", 1)[1]]["properties"])


def test_models_are_valid() -> None:
    clusters = ClusterModel(
        clustering="engagement",
        version=3,
        effective_at=1_700_000_000_000,
        algorithm="centroids",
        features=("orders", "spend"),
        minimum=1,
        scaling=Scaling(logs=(False, True), means=(10.0, 0.0), deviations=(5.0, 1.0)),
        ids=(2, 5),
        names=("Low", "High"),
        centres=((-1.0, 0.0), (2.0, 0.0)),
        shares=(0.5, 0.5),
        error=0.4,
    )
    prediction = PredictionModel(
        name="buys",
        version=1,
        effective_at=1_700_000_000_000,
        asks="will",
        kind="logistic_regression",
        feature_names=("orders",),
        parameters={"means": [1.0], "deviations": [1.0], "weights": [[0.5]], "intercepts": [0.1]},
    )
    version = Version(model=clusters, reason="interval")
    assert complaints("segment-model.v1", json.loads(version.encode())) == []
    assert complaints("segment-model.v1", json.loads(prediction.encode())) == []
    assert complaints("segment-model.v1", {"version": 1})


@pytest.mark.thorough
def test_all_that_a_learner_of_predictions_writes_is_valid() -> None:
    rows = {row.key: row for row in learn_models(PREDICTED, shop_lines())}
    assert len(rows) == 2 * len(PREDICTIONS)
    for key, row in rows.items():
        assert complaints("segment-model.v1", json.loads(row.payload)) == [], key


def test_every_feature_kind_has_a_type() -> None:
    assert set(FEATURE_TYPES) == {*KINDS, "value"}


def test_a_definition_of_ones_own_decides_what_a_profile_holds() -> None:
    definition = parse_definition(
        """
        features:
          plan: {trait: plan}
          visits: {session: count}
          busiest: {peak: '*', by: hour}
          last_seen: {days_since: '*'}
        profile:
          our-crm:
            "plan (new)": plan
            seen: {time_of: last_seen}
            plans: {list_of: plan}
            elsewhere: null
        """
    )
    record = next(record for record in RECORDS if record.name == "profile.v1")
    schemas = json_schema(record, definition)["$defs"]
    fields = schemas[schemas["Profile"]["properties"]["our-crm"]["$ref"].rsplit("/", 1)[1]]["properties"]
    assert list(fields) == ["plan (new)", "seen", "plans", "elsewhere"]
    assert {"type": "string", "format": "date-time"} in fields["seen"]["anyOf"]
    assert (fields["plans"]["type"], fields["elsewhere"]["type"]) == ("array", "null")
    features = schemas[schemas["Profile"]["properties"]["features"]["$ref"].rsplit("/", 1)[1]]["properties"]
    assert (features["visits"]["type"], features["visits"]["minimum"]) == ("integer", 0)
    assert {"type": "integer"} in features["busiest"]["anyOf"]


def test_every_reason_is_in_the_schema_of_dead_letters() -> None:
    assert all(complaints("dead-letter.v1", {**DEAD_LETTER, "reason": reason}) == [] for reason in REASONS)
