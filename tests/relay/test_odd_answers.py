"""An odd answer, URL or record costs at most the change that it is about, never the relay."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from livesegments.core.errors import EdgeError
from livesegments.kafka.watch import Filter
from livesegments.relay.posting import Outcome, Poster, checked_url
from livesegments.relay.webhook import change_in
from relay.receiver import Receiver


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        ("502 gzip", "server_error", 502),
        ("200 gzip", "delivered", 200),
        ("404 gzip", "refused", 404),
        ("302 to /there", "server_error", 302),
        ("302 to http://xn--a/", "no_connection", None),
    ],
)
def test_an_answer_is_judged_by_its_status(answer: str, kind: str, status: int | None) -> None:
    receiver = Receiver(lambda *_: answer, secret=None)

    async def posted() -> Outcome:
        poster = Poster(receiver.url, None, 10.0, 1)
        try:
            return await poster.post("a:1", b'{"subject": "a"}')
        finally:
            await poster.close()

    outcome = asyncio.run(posted())
    receiver.kill()
    assert (outcome.kind, outcome.status) == (kind, status), outcome
    if "gzip" in answer and kind != "delivered":
        assert outcome.message.endswith("the gateway is down")


@pytest.mark.parametrize("url", ["http://xn--a/", "http://\u2603.\u200b/", "http://" + "\u00fc" * 70 + ".de/"])
def test_a_url_that_cannot_be_asked_for_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(EdgeError, match="--url: expected a URL whose host can be asked for, found "):
        checked_url(url)


def test_an_international_name_is_one() -> None:
    for url in ("https://m\u00fcnchen.example/a?b=\u00fc", "http://[::1]:80/", "http://localhost:8080/hooks"):
        assert checked_url(url) == url


@pytest.mark.parametrize(
    "record",
    [
        {"id": "x", "data": [1]},
        {"id": "x", "data": "text"},
        {"id": "x", "data": {"segment": ["vip"]}},
        {"id": "x", "data": {"change": "erased", "segments_before": [{}]}},
        {"id": "x", "data": {"change": "merged", "segments_before": 1}},
        {"id": 1},
        {},
    ],
    ids=json.dumps,
)
def test_a_foreign_record_is_unreadable(record: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        change_in(json.dumps(record).encode(), Filter(segments=frozenset({"vip"})))


def test_a_record_that_is_nested_too_deep_is_unreadable() -> None:
    with pytest.raises(ValueError, match="recursion"):
        change_in(b'{"id": "x", "data": ' + b"[" * 100_000, Filter())


def test_a_user_id_that_is_none_is_unreadable() -> None:
    with pytest.raises(ValueError, match="Expected"):
        Filter(users=frozenset({"a"})).wants({"id": "x", "subject": ["a"]})


def test_without_a_choice_all_are_wanted() -> None:
    assert change_in(b'{"id": "x", "data": [1]}', Filter()) == ("x", True)
