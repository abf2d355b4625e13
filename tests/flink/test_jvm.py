"""What the Java process of a run gets, and how the run that waits for it is ended."""

from __future__ import annotations

import socket
import struct
import time
import weakref
from pathlib import Path

import pyflink
import pytest

from livesegments.core.errors import LivesegmentsError
from livesegments.flink.embedded import _interrupts_heeded
from livesegments.flink.jvm import _java_options, _listening_port


def test_javas_options_are_those_of_flink() -> None:
    found = _java_options(Path(pyflink.__file__).parent / "conf" / "config.yaml")
    assert found.split()[0].startswith("--add-exports=")
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in found.split()


@pytest.mark.parametrize("text", ["", "env: x", "env: {java: {opts: {log: x}}}", "env: {java: {opts: {all: [a]}}}"])
def test_a_flink_without_them_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(LivesegmentsError, match=r"config\.yaml: required env: java: opts: all: .* found none"):
        _java_options(tmp_path / "config.yaml")


def test_java_is_waited_for_until_it_listens(tmp_path: Path) -> None:
    file = tmp_path / "port"
    assert _listening_port(file) is None
    file.write_bytes(b"")
    assert _listening_port(file) is None
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        file.write_bytes(struct.pack("!I", port))
        assert _listening_port(file) is None
        server.listen()
        assert _listening_port(file) == port


def test_an_interrupt_that_python_forgets_is_heeded() -> None:
    """As one that comes while py4j throws a Java object away."""

    class Thrown:
        pass

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    kept = [Thrown()]
    reference = weakref.ref(kept[0], interrupt)

    def run() -> None:
        with _interrupts_heeded():
            kept.clear()
            time.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reference() is None
