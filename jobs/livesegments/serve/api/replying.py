"""Answers as JSON, errors as application/problem+json."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from livesegments.core.errors import EdgeError
from livesegments.core.times import duration_ms, parse_time
from livesegments.serve.replies import Merged, Problem

__all__ = [
    "ID_MAX",
    "Refusal",
    "nothing_here",
    "problem",
    "read_id",
    "read_number",
    "read_span",
    "read_time",
    "reply",
    "unknown_user",
]

ID_MAX = 256
_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    414: "Address too long",
    500: "Internal error",
    503: "Unavailable",
}
_encode = msgspec.json.Encoder().encode


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake of ours
    """Answered as a problem."""

    def __init__(self, status: int, detail: str, merged_into: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.merged_into = merged_into


def reply(value: Any) -> Response:
    """Answer with a record, or with JSON as it is."""
    content = value if isinstance(value, bytes) else _encode(value)
    return Response(content, media_type="application/json", headers={"cache-control": "no-store"})


def problem(
    status: int, detail: str, merged_into: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Answer with a problem."""
    title = _TITLES.get(status, "Error")
    body: Problem = Problem(title=title, status=status, detail=detail)
    if merged_into is not None:
        body = Merged(title=title, status=status, detail=detail, merged_into=merged_into)
    never_kept = {"cache-control": "no-store", **(headers or {})}  # a user who is unknown now may be known soon
    return Response(_encode(body), status, never_kept, "application/problem+json")


async def on_refusal(_: Request, error: Exception) -> Response:
    """Answer a Refusal."""
    assert isinstance(error, Refusal)
    return problem(error.status, error.detail, merged_into=error.merged_into)


async def on_http(_: Request, error: Exception) -> Response:
    """Answer what the framework refuses."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def on_bug(_: Request, __: Exception) -> Response:
    """Answer a bug without telling of it; the log has it."""
    return problem(500, "this is a mistake of the server; its log says more")


def read_id(text: str, what: str = "a user id") -> str:
    """Read a percent-encoded part of a path; raises Refusal for what is no id."""
    try:
        found = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Refusal(400, f"required {what} in percent-encoded UTF-8, found other bytes") from None
    if not 1 <= len(found) <= ID_MAX:
        raise Refusal(400, f"required {what} of 1 to {ID_MAX} characters, found {len(found):,}")
    return found


def read_number(text: str | None, name: str, default: int, most: int, least: int = 1) -> int:
    """Read a whole number from the query; raises Refusal."""
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    if not least <= value <= most:
        raise Refusal(400, f"{name}: required a whole number from {least:,} to {most:,}, found {text!r:.60}")
    return value


def read_time(text: str | None, name: str) -> int | None:
    """Read a time from the query; raises Refusal."""
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise Refusal(400, f"{name}: {error}") from None


def read_span(text: str | None, name: str, unit_ms: int) -> int | None:
    """Read a duration from the query, a multiple of a unit; raises Refusal."""
    if text is None:
        return None
    try:
        span_ms = duration_ms(text)
    except (ValueError, EdgeError) as error:
        raise Refusal(400, f"{name}: {error}") from None
    if span_ms % unit_ms:
        raise Refusal(400, f"{name}: required a multiple of {unit_ms // 60_000} minutes, found {text!r:.60}")
    return span_ms


def nothing_here(app: FastAPI) -> Refusal:
    """Give the answer where nothing has the address: it lists what has one."""
    there_is = ", ".join(app.openapi()["paths"])
    return Refusal(404, f"nothing has this address; there is {there_is}, all told by /openapi.json, and the page at /")


def unknown_user(merged_into: str | None) -> Refusal:
    """Give the answer for a user who is not in the store."""
    if merged_into is not None:
        return Refusal(404, "this visitor is now a user, who has another id", merged_into)
    return Refusal(404, "no user of this id: never seen, or erased")
