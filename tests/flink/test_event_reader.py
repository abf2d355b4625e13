"""The JVM's reading of an event agrees with decode(): the same events accepted, the same user, the same time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from py4j.java_gateway import get_field

from flink.compiled import java_class, new
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode

pytestmark = pytest.mark.flink

GOOD = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2024-11-09T14:20:00.000Z",
    "userId": "12345",
}

texts = st.one_of(st.text(max_size=8), st.sampled_from(["", "x" * 100, "x" * 101, "x" * 256, "x" * 257, "😀" * 256]))
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.just(10**400))
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
digits = st.integers(0, 99).map("{:02d}".format)
times = st.one_of(
    st.builds(
        "{}-{}-{}{}{}:{}:{}{}{}".format,
        st.sampled_from(["1969", "1970", "2000", "2024", "2023", "2100", "2101", "0000", "9999"]),
        digits,
        digits,
        st.sampled_from("Tt _"),
        digits,
        digits,
        digits,
        st.sampled_from(["", ".", ".1", ".123", ".123456789"]),
        st.sampled_from(["Z", "z", "", "+00:00", "-23:59", "+24:00", "+01:60", "+0100", "Z "]),
    ),
    st.datetimes().map(lambda time: time.isoformat() + "Z"),
    texts,
)
properties = st.dictionaries(
    st.sampled_from(["revenue", "total", "price", "quantity", "products", "other"]),
    values | st.lists(st.dictionaries(texts, values, max_size=2) | values, max_size=3),
    max_size=4,
)
fields = {
    "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "erase", "Track", "", None, 1]),
    "event": texts | scalars,
    "messageId": texts | scalars,
    "timestamp": times | scalars,
    "userId": texts | scalars,
    "anonymousId": texts | scalars,
    "properties": properties | values,
    "traits": values,
    "context": values,
    "unknown": values,
}


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A good event with some fields replaced, left out or doubled."""
    message: dict[str, Any] = dict(GOOD)
    for name in draw(st.lists(st.sampled_from(list(fields)), max_size=4)):
        if draw(st.booleans()) or name == "unknown":
            message[name] = draw(fields[name])
        else:
            message.pop(name, None)
    pairs = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=draw(st.booleans()))}" for name, value in message.items()
    ]
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(list(fields)))
        pairs.insert(draw(st.integers(0, len(pairs))), f"{json.dumps(name)}: {json.dumps(draw(fields[name]))}")
    return ("{" + ", ".join(pairs) + "}").encode("utf-8", "surrogatepass")


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message with some bytes put in, taken out or replaced."""
    content = bytearray(draw(messages()))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        put = draw(
            st.binary(max_size=2)
            | st.sampled_from([b"\\", b'"', b"{", b"]", b",", b"\x00", b"\xef\xbb\xbf", b"\\ud800"])
        )
        content[at : at + draw(st.integers(0, 2))] = put
    return bytes(content)


Read = Callable[[bytes], tuple[Any, ...]]


@pytest.fixture(scope="module")
def read(gateway: Any) -> Read:
    reader = new(gateway, java_class(gateway, "EventReader", "EventTime"))

    def read(raw: bytes) -> tuple[Any, ...]:
        reader.read(raw)
        return tuple(get_field(reader, name) for name in ("accepted", "ignored", "user", "timeMs"))

    return read


def message(**changed: Any) -> bytes:
    return json.dumps({**GOOD, **changed}).encode()


def is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def decoded(raw: bytes) -> Event | None:
    try:
        return decode(raw)
    except BadEvent:
        return None


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(messages(), messages(), damaged()))
@example(raw=b"")
@example(raw=b"[]")
@example(raw=b"null")
@example(raw=b"\xef\xbb\xbf" + message())
@example(raw=message() + b" x")
@example(raw=message() + b"{}")
@example(raw=message().decode().encode("utf-16"))
@example(raw=message(traits=nested(61)))
@example(raw=message(traits={"a": nested(62)}))
@example(raw=message(traits={"a": nested(63)}))
@example(raw=message(unknown=nested(63)))
@example(raw=message(unknown=nested(64)))
@example(raw=b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
@example(raw=b"[" * 2_000 + b"]" * 2_000)
@example(raw=message(traits={"a": "x" * 33_000}))
@example(raw=message(properties={"revenue": True}))
@example(raw=message(properties={"products": [{}, 1]}))
@example(raw=message()[:-1] + b', "properties": {"revenue": 1e999}}')
@example(raw=message()[:-1] + b', "properties": {"revenue": 01}}')
@example(raw=message()[:-1] + b', "properties": {"other": NaN}}')
@example(raw=message()[:-1] + b', "unknown": 1e999}')
@example(raw=message(_user_id="other", _time_ms=[1]))
@example(raw=message()[:-1] + b', "_time_ms": 1e999}')
@example(raw=message()[:-1] + b', "unknown": "\\ud800"}')
@example(raw=message()[:-1] + b', "unknown": "\xff"}')
@example(raw=message()[:-1] + b', "unknown": "\xed\xa0\x80"}')
@example(raw=message()[:-1] + b', "unknown": [1,]}')
@example(raw=message()[:-1] + b', "unknown": "a\x01b"}')
@example(raw=message()[:-1] + b', "unknown": ' + b"1" * 5_000 + b"}")
@example(raw=message()[:-1] + b', "traits": {"a": ' + b"1" * 5_000 + b"}}")
@example(raw=message()[:-1] + b', "u\\u0073erId": "other"}')
def test_reader_agrees_with_decode(read: Read, raw: bytes) -> None:
    accepted, ignored, user, time_ms = read(raw)
    if not is_utf8(raw):
        assert not accepted
        return
    event = decoded(raw)
    if event is None:
        assert not accepted
    else:
        assert (accepted, ignored, user, time_ms) == (True, event.type == "alias", event.user_id, event.time_ms)
