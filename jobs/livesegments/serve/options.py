"""What `livesegments serve` was asked to do; loads no server, so that mistakes are told at once."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.serve.sessions import TOKEN_MIN

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.serve.sources import Source

__all__ = ["HOST", "PORT", "ServeOptions", "check_address"]

HOST, PORT = "127.0.0.1", 8088


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `livesegments serve` was asked to do."""

    definition: Definition
    source: Source
    store: Path | None = None  # None: a temporary one
    anew: bool = False
    keep_ms: int | None = None  # changes; None: as long as their user
    host: str = HOST
    port: int = PORT
    token: str | None = None
    streams_max: int = 1_000
    events: Path | None = None
    say: Callable[[str], None] = lambda _: None


def check_address(options: ServeOptions) -> None:
    """Raise EdgeError for an address that others reach without a token, and for a token that is easy to guess."""
    if options.token is not None and (len(options.token) < TOKEN_MIN or not options.token.isascii()):
        raise EdgeError(f"--token: required at least {TOKEN_MIN} ASCII characters, found {len(options.token)}")
    if options.token is None and not _is_loopback(options.host):
        raise EdgeError(
            f"--host {options.host}: others reach this address: required --token or LIVESEGMENTS_TOKEN, found none"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
