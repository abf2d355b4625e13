"""The receiver of the tests: while it is down, no connection that was kept is answered."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from relay.receiver import Receiver


def test_a_kill_breaks_the_connections_that_are_kept() -> None:
    receiver = Receiver(lambda *_: "ok", secret=None)
    url = urlsplit(receiver.url)
    kept, new = (http.client.HTTPConnection(str(url.hostname), url.port, timeout=30) for _ in range(2))

    def post(connection: http.client.HTTPConnection) -> int:
        connection.request("POST", url.path, b'{"subject": "a"}', {"webhook-id": "a:1"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert (post(kept), post(kept)) == (204, 204)
    socket = kept.sock
    receiver.kill()
    with pytest.raises(ConnectionRefusedError):
        post(new)
    new.close()
    assert kept.sock is socket, "it was not kept"
    with pytest.raises(ConnectionError):
        post(kept)
    kept.close()
    assert len(receiver.requests) == 2
    receiver.start()
    assert receiver.url == url.geturl()
    assert post(new) == 204
    new.close()
    receiver.kill()
    assert len(receiver.requests) == 3
