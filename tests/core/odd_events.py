"""Random events: well-formed, odd, and damaged ones, as bytes."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

__all__ = ["GOOD", "damaged", "messages"]

GOOD = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "timestamp": "2024-11-09T14:20:00.000Z",
    "userId": "12345",
}

texts = st.one_of(
    st.text(max_size=8), st.sampled_from(["", "x" * 100, "x" * 101, "x" * 256, "x" * 257, "😀" * 256, "12.5", "1e400"])
)
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.just(10**400))
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
digits = st.integers(0, 99).map("{:02d}".format)
times = st.one_of(
    st.builds(
        "{}-{}-{}{}{}:{}{}{}{}".format,
        st.sampled_from(["1969", "1970", "2000", "2024", "2023", "2100", "2101", "0000", "9999", "24"]),
        digits | st.sampled_from(["1", "2"]),
        digits | st.sampled_from(["1", "2"]),
        st.sampled_from("Tt _"),
        digits | st.just("7"),
        digits,
        digits.map(":{}".format) | st.just(""),
        st.sampled_from(["", ".", ".1", ",12", ".123", ".123456789"]),
        st.sampled_from(
            [
                "Z",
                "z",
                "",
                "+00:00",
                "-23:59",
                "+24:00",
                "+01:60",
                "+0100",
                "+01",
                "-1",
                "+01:",
                " UTC",
                "UTC",
                " Z",
                "Z ",
            ]
        ),
    ),
    st.builds(
        "{}T{}{}{}".format,
        st.dates().map("{:%Y%m%d}".format),
        digits,
        digits | st.builds("{}{}".format, digits, digits),
        st.sampled_from(["", "Z", ".5", ",25Z", "+0100", "+01", "1"]),
    ),
    st.dates().map(str),
    st.datetimes().map(lambda time: time.isoformat() + "Z"),
    st.datetimes().map(lambda time: f" {time} "),
    st.floats(0, 5e9),
    st.floats(0, 5e15).map(str),
    st.integers(-10, 5 * 10**15),
    st.integers(0, 5 * 10**12).map(str),
    texts,
)
properties = st.dictionaries(
    st.sampled_from(["revenue", "total", "value", "quantity", "products", "other"]),
    values | st.lists(st.dictionaries(texts, values, max_size=2) | values, max_size=3),
    max_size=4,
)
fields = {
    "type": st.sampled_from(
        ["track", "identify", "page", "screen", "group", "alias", "erase", "Track", "ALIAS", "", None, 1]
    ),
    "event": texts | scalars,
    "messageId": texts | scalars,
    "timestamp": times | scalars,
    "originalTimestamp": times | scalars,
    "sentAt": times | scalars,
    "receivedAt": times | scalars,
    "userId": texts | scalars,
    "anonymousId": texts | scalars,
    "previousId": texts | scalars,
    "properties": properties | values,
    "traits": values,
    "context": values,
    "unknown": values,
}


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A good event with some fields replaced, left out or doubled."""
    message: dict[str, Any] = dict(GOOD)
    for name in draw(st.lists(st.sampled_from(list(fields)), max_size=5)):
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
            | st.sampled_from(
                [b"\\", b'"', b"{", b"]", b",", b"\x00", b"\xef\xbb\xbf", b"\\ud800", b"NaN", b"-INF", b"1e999"]
            )
        )
        content[at : at + draw(st.integers(0, 2))] = put
    return bytes(content)
