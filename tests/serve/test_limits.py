"""Who asks without the token, too much, or too slowly is refused; nothing that is refused costs much."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from serving import COMMAND, Serving, serving, until_level

TOKEN = "a-token-of-some-length"
STREAMS = 1_000
PLACE_SECONDS_MAX = 30


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "required --token or LIVESEGMENTS_TOKEN, found none"),
        (["--host", "192.0.2.1", "--token", "short"], "required at least 16 ASCII characters, found 5"),
        (["--host", "192.0.2.1", "--token", TOKEN], "required a free address of this machine"),
        (["--keep", "soon"], "--keep: "),
        (["--store", "pyproject.toml"], "required a store of livesegments serve"),
    ],
)
def test_what_cannot_be_served_ends_with_a_message_that_says_why(folder: Path, arguments: list[str], said: str) -> None:
    command = [*COMMAND, "serve", "--out", str(folder), "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert said in done.stderr
    assert TOKEN not in done.stderr


def test_without_the_token_nothing_is_told(folder: Path) -> None:
    with serving("--out", str(folder), token=TOKEN) as server:
        until_level(server)
        bare = httpx.Client(base_url=server.address)
        for path in ("/v1/users/u1", "/v1/segments", "/v1/changes/stream", "/healthz", "/metrics", "/openapi.json"):
            for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
                found = bare.get(path, headers=header)
                assert found.status_code == 401, path
                assert found.headers["content-type"] == "application/problem+json"
        for path in ("/", "/users/u1", "/find?user=u1", "/dead-letters", "/nowhere"):
            found = bare.get(path)
            assert (found.status_code, found.headers.get("location")) == (303, "/login"), path
        assert bare.get("/login/ticket?ticket=guess").headers["location"] == "/login"
        forged = {"cookie": "livesegments_session=99999999999.00"}
        assert bare.get("/", headers=forged).status_code == 303
        assert server.client.get("/v1/users/u1").status_code == 200
        bare.close()
    assert not any(TOKEN in line or "u1" in line for line in server.said)


def test_a_thousand_streams_are_open_and_no_more(server: Serving) -> None:
    host, port = server.address.removeprefix("http://").split(":")

    async def stream() -> tuple[int, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /v1/changes/stream HTTP/1.1\r\nhost: localhost\r\n\r\n")
        head = await asyncio.wait_for(reader.readline(), 60)
        return int(head.split()[1]), writer

    async def many() -> None:
        opened = []
        for _ in range(STREAMS // 50):
            opened += await asyncio.gather(*(stream() for _ in range(50)))
        assert {status for status, _ in opened} == {200}
        status, writer = await stream()
        assert status == 503
        writer.close()
        health = await asyncio.to_thread(server.client.get, "/healthz")
        assert health.status_code == 200
        opened.pop()[1].close()
        end = time.monotonic() + PLACE_SECONDS_MAX
        while status != 200:  # the server sees within a moment that a client has gone
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
            status, writer = await stream()
            writer.close()
        for _, writer in opened:
            writer.close()

    asyncio.run(many())


def test_who_sends_no_whole_request_is_cut_off(server: Serving) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as slow:
        slow.sendall(b"GET /v1/users/u1 HTTP/1.1\r\nhost:")
        try:
            rest = slow.recv(1_000)
        except ConnectionResetError:
            rest = b""
    assert rest == b""
