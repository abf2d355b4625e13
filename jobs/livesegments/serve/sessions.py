"""Who may see the page where there is a token: a ticket for who typed it, then a signed cookie."""

from __future__ import annotations

import hmac
import secrets
import time
from hashlib import sha256

__all__ = ["COOKIE", "SESSION_SECONDS", "TOKEN_MIN", "Sessions"]

COOKIE = "livesegments_session"
SESSION_SECONDS = 12 * 3_600
TOKEN_MIN = 16
_TICKET_SECONDS = 30
_TICKETS_MAX = 100


class Sessions:
    """Signs with the token itself, so that another token ends all sessions and a restart none."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._tickets: dict[str, float] = {}

    def ticket(self, token: str) -> str | None:
        """Give a ticket for the right token, good once and for half a minute; None for a wrong one."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        now = time.monotonic()
        self._tickets = {one: end for one, end in self._tickets.items() if end > now}
        while len(self._tickets) >= _TICKETS_MAX:
            self._tickets.pop(next(iter(self._tickets)))
        found = secrets.token_urlsafe(24)
        self._tickets[found] = now + _TICKET_SECONDS
        return found

    def redeem(self, ticket: str) -> str | None:
        """Give the value of the cookie for a ticket; None for one that is used, old or none."""
        if self._tickets.pop(ticket, 0.0) <= time.monotonic():
            return None
        until = str(int(time.time()) + SESSION_SECONDS)
        return f"{until}.{self._sign(until)}"

    def is_valid(self, cookie: str) -> bool:
        """Tell whether a cookie is ours and not too old."""
        until, _, signature = cookie.partition(".")
        is_ours = hmac.compare_digest(signature.encode(), self._sign(until).encode())
        return is_ours and until.isdigit() and int(until) > time.time()

    def _sign(self, text: str) -> str:
        return hmac.new(self.token.encode(), f"livesegments session {text}".encode(), sha256).hexdigest()
