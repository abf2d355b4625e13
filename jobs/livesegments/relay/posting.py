"""One attempt to deliver a change by HTTP, with the headers of Standard Webhooks, and what its outcome means."""

from __future__ import annotations

import asyncio
import base64
import binascii
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.relay.extras import load_extra

__all__ = ["Outcome", "Poster", "checked_url", "header_id", "signer_of"]

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")
_AGAIN = frozenset({408, 425, 429})
_BODY_BYTES_MAX = 2_000
_SECRET_BYTES = range(24, 65)

Kind = Literal["delivered", "refused", "throttled", "server_error", "timeout", "no_connection"]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt; `retry_after` is what the receiver asks for, in seconds."""

    kind: Kind
    message: str
    status: int | None = None
    retry_after: float | None = None


class Poster:
    """Posts changes to one URL over connections that are kept."""

    def __init__(self, url: str, secret: str | None, timeout_seconds: float, connections: int) -> None:
        httpx = load_extra("httpx", "webhook")
        self._httpx = httpx
        self._url = checked_url(url)
        self._signer = None if secret is None else signer_of(secret)
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            timeout=timeout_seconds,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"user-agent": "livesegments", "content-type": "application/json", "accept-encoding": "identity"},
            follow_redirects=False,
        )

    async def post(self, change_id: str, body: bytes) -> Outcome:
        """Post one change once; whatever happens comes out as an Outcome."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._answer(change_id, body)
        except (TimeoutError, self._httpx.TimeoutException):
            return Outcome("timeout", f"no answer within {self._timeout_seconds:g} s")
        except (self._httpx.HTTPError, self._httpx.InvalidURL, UnicodeError) as error:  # no HTTP, or a wrong Location
            return Outcome("no_connection", f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _answer(self, change_id: str, body: bytes) -> Outcome:
        now = datetime.now(UTC)
        headers = {"webhook-id": header_id(change_id), "webhook-timestamp": str(int(now.timestamp()))}
        if self._signer is not None:
            headers["webhook-signature"] = self._signer.sign(headers["webhook-id"], now, body.decode())
        async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
            status = response.status_code
            if response.is_success:
                async for _ in response.aiter_raw():
                    break  # what it says does not matter
                return Outcome("delivered", "", status)
            text = await _beginning(response)
        message = " ".join(f"{status} {response.reason_phrase} {text}".split())
        after = _retry_after(response.headers.get("retry-after"), now)
        if status == 429:
            return Outcome("throttled", message, status, after)
        if 400 <= status < 500 and status not in _AGAIN:
            return Outcome("refused", message, status)
        return Outcome("timeout" if status == 408 else "server_error", message, status, after)


def header_id(change_id: str) -> str:
    """Give a change's id as a header can carry it: as it is, what is not printable ASCII and % percent-encoded.

    >>> header_id("12345:7"), header_id("Zoë 100%:1")
    ('12345:7', 'Zo%C3%AB%20100%25:1')
    """
    return quote(change_id, safe=_PRINTABLE)


def signer_of(secret: str) -> Any:
    """Give what signs for a secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. Raises EdgeError."""
    module = load_extra("standardwebhooks", "webhook")
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _SECRET_BYTES:
        raise EdgeError(
            f"--secret: expected whsec_ and 24 to 64 bytes in base64, found {len(key)} bytes that can be read; "
            "make one with: echo whsec_$(openssl rand -base64 32)"
        )
    return module.Webhook(key)


def checked_url(url: str) -> str:
    """Give the URL back; raises EdgeError where it is none, or none that can be posted to."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url:
        raise EdgeError(f"--url: expected a URL such as https://shop.example/hooks, found {url!r}")
    httpx = load_extra("httpx", "webhook")
    try:
        _ = httpx.Request("POST", url).url.host  # an international name is read here, as it is at each post
    except (httpx.InvalidURL, ValueError) as error:
        raise EdgeError(f"--url: expected a URL whose host can be asked for, found {url!r}: {error}") from None
    return url


async def _beginning(response: Any) -> str:
    """Give the first of what an answer says, as it came: what packs it may be wrong."""
    found = b""
    async for part in response.aiter_raw():
        found += part
        if len(found) >= _BODY_BYTES_MAX:
            break
    text = found[:_BODY_BYTES_MAX].decode(errors="replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _retry_after(text: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date; None where there is none or it is neither."""
    if text is None:
        return None
    if text.strip().isdecimal() and text.isascii():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
