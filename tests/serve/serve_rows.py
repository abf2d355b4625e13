"""Records as the job writes them, short."""

from __future__ import annotations

import json
from typing import Any

from livesegments.core.times import format_time
from livesegments.serve.rows import Row

START_MS = 1_700_000_000_000


def change(
    user: str, sequence: int, segment: str, kind: str, after: list[str], time_ms: int | None = None, **more: Any
) -> Row:
    detail = {
        "user_id": user,
        "sequence": sequence,
        "segment": segment,
        "change": kind,
        "segments_before": [],
        "segments_after": after,
        "cause": {"kind": "time"},
        "because": [{"clause": "orders == 1", "holds": True, "values": {"orders": 1}}],
        "dwell_ms": None,
        "definition": "9f31c20a77e1",
        "model_version": None,
        **more,
    }
    return _envelope(user, sequence, f"livesegments.segment.{kind}.v1", detail, time_ms)


def end(user: str, sequence: int, into: str | None = None, time_ms: int | None = None) -> Row:
    detail: dict[str, Any] = {"user_id": user, "sequence": sequence, "segments_before": []}
    if into is None:
        return _envelope(user, sequence, "livesegments.profile.erased.v1", {**detail, "change": "erased"}, time_ms)
    return _envelope(user, sequence, "livesegments.profile.merged.v1", {**detail, "into": into}, time_ms)


def _envelope(user: str, sequence: int, kind: str, detail: dict[str, Any], time_ms: int | None) -> Row:
    record = {
        "specversion": "1.0",
        "id": f"{user}:{sequence}",
        "source": "livesegments",
        "type": kind,
        "subject": user,
        "time": format_time(START_MS + sequence * 1_000 if time_ms is None else time_ms),
        "datacontenttype": "application/json",
        "data": detail,
    }
    return Row("changes", user, json.dumps(record).encode())


def profile(user: str, sequence: int, segments: list[str], time_ms: int | None = None, **features: Any) -> Row:
    document = {
        "user_id": user,
        "sequence": sequence,
        "updated_at": format_time(START_MS + sequence * 1_000 if time_ms is None else time_ms),
        "segments": segments,
        "clusters": {},
        "predictions": {},
        "features": features,
    }
    return Row("profiles", user, json.dumps(document).encode())


def tombstone(user: str) -> Row:
    return Row("profiles", user, None)


STRANGE = "a/b ü?#%2F'\"<script>alert(1)</script>"
DAY_MS = 86_400_000


def dead_letter(reason: str, raw: str | None) -> Row:
    letter = {"reason": reason, "message": "$.event", "raw": raw, "received_at": "2023-11-15T00:00:00.000Z"}
    return Row("dead_letters", None, json.dumps({**letter, "topic": None, "partition": None, "offset": None}).encode())


def model(**record: Any) -> Row:
    return Row("models", None, json.dumps(record).encode())


def cluster_model(clustering: str, names: list[str]) -> Row:
    """Give a first version over one feature, whose k-th cluster has a median of k sessions a month."""
    ids = list(range(len(names)))
    made = {
        "clustering": clustering,
        "version": 1,
        "effective_at": START_MS,
        "algorithm": "centroids",
        "features": ["sessions_30d"],
        "minimum": 2,
        "scaling": {"logs": [False], "means": [0.0], "deviations": [1.0]},
        "ids": ids,
        "names": names,
        "centres": [[float(number)] for number in ids],
        "shares": [1 / len(names)] * len(names),
        "error": 0.25,
        "sizes": [50] * len(names),
        "medians": [[float(number)] for number in ids],
    }
    born = [{"kind": "born", "cluster": number} for number in ids]
    return model(type="cluster_model", model=made, reason="start", transitions=born, drifts=[], silhouette=0.5)


def prediction_model(name: str) -> list[Row]:
    """Give a first version, and how good its answers were."""
    version = model(
        type="prediction_model",
        name=name,
        version=1,
        effective_at=START_MS,
        asks="will",
        kind="logistic_regression",
        feature_names=["orders"],
        parameters={"means": [0.0], "deviations": [1.0], "weights": [[0.5]], "intercepts": [0.0]},
        classes=[],
        definition="9f31c20a77e1",
        least=[],
        most=[],
    )
    quality = model(
        type="prediction_quality",
        name=name,
        at_ms=START_MS + DAY_MS,
        version=1,
        labels=500,
        measures={"auc": 0.78125},
        base={"auc": 0.5},
        versions=[{"version": 1, "labels": 500, "measures": {"auc": 0.75}}],
        reliability=[{"chance": 0.1, "happened": 0.125, "labels": 400}],
        gain=[],
        worse_since_ms=None,
        warning=None,
    )
    return [version, quality]


ROWS = [
    *(change(f"u{number}", 1, "newsletter", "entered", ["newsletter"]) for number in range(20)),
    *(profile(f"u{number}", 1, ["newsletter"], orders=number) for number in range(20)),
    change("u0", 2, "high_value", "entered", ["high_value", "newsletter"], START_MS + 2 * DAY_MS),
    change("u0", 3, "newsletter", "exited", ["high_value"], START_MS + 2 * DAY_MS + 1),
    change(STRANGE, 1, "high_value", "entered", ["high_value"], START_MS + DAY_MS),
    profile(STRANGE, 1, ["high_value"], city="<img src=x onerror=alert(2)>"),
    change("gone", 1, "newsletter", "entered", ["newsletter"]),
    profile("gone", 1, ["newsletter"]),
    end("gone", 2),
    tombstone("gone"),
    change("visitor", 1, "newsletter", "entered", ["newsletter"]),
    end("visitor", 2, "u1"),
    tombstone("visitor"),
    dead_letter("invalid_event", '{"userId": "u0", "event": "<script>alert(3)</script>"}'),
    dead_letter("missing_user", "{}"),
    cluster_model("engagement", ["Seldom here", "Often here"]),
    *prediction_model("buys_again_30d"),
]
