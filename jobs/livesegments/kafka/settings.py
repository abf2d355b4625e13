"""How Kafka is reached: environment variables that the tools share with flink-conf/edges/kafka.sql."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.kafka.topics import ALL_TOPICS, Topic

__all__ = ["VARIABLES", "KafkaSettings", "Variable", "read_settings"]

BOOTSTRAP = "localhost:9092"
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_JAAS_FIELD = r'\b{}\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))'
_SERVER = re.compile(r"(?:[A-Za-z][A-Za-z_0-9]*://)?(\[[0-9A-Fa-f:.%]+\]|[^\s:,/\[\]]+):([0-9]{1,5})")


class Variable(msgspec.Struct, frozen=True):
    """One environment variable; `name` is its field in KafkaSettings, or empty where it fills others."""

    key: str
    name: str
    default: str
    description: str


VARIABLES = (
    Variable("KAFKA_BOOTSTRAP", "bootstrap", BOOTSTRAP, "Brokers to begin with, as `host:port,host:port`."),
    Variable("KAFKA_SECURITY_PROTOCOL", "protocol", "PLAINTEXT", "One of " + ", ".join(PROTOCOLS) + "."),
    Variable("KAFKA_SASL_MECHANISM", "mechanism", "PLAIN", "One of " + ", ".join(MECHANISMS) + "."),
    Variable("KAFKA_USERNAME", "username", "", "The user's name with SASL. Tools only."),
    Variable("KAFKA_PASSWORD", "password", "", "The user's password with SASL. Tools only."),
    Variable(
        "KAFKA_SASL_JAAS_CONFIG", "", "",
        "Both as Java wants them, for the job. Tools read it where there is no `KAFKA_USERNAME`.",
    ),
    Variable(
        "KAFKA_SSL_CAFILE", "cafile", "",
        "PEM file of the authorities that sign the brokers' certificates; empty: those of the system. Tools only.",
    ),
    Variable("KAFKA_SSL_CERTFILE", "certfile", "", "PEM file of the client's certificate. Tools only."),
    Variable("KAFKA_SSL_KEYFILE", "keyfile", "", "PEM file of its private key, if it is another file. Tools only."),
    Variable("KAFKA_SSL_KEY_PASSWORD", "key_password", "", "What opens the private key. Tools only."),
    Variable("KAFKA_TRUSTSTORE", "", "", "The authorities for the job. Tools read it where its type is PEM."),
    Variable("KAFKA_TRUSTSTORE_TYPE", "", "", "PEM, PKCS12 or JKS."),
    Variable("KAFKA_KEYSTORE", "", "", "The client's certificate and key for the job. Tools read it where it is PEM."),
    Variable("KAFKA_KEYSTORE_TYPE", "", "", "PEM, PKCS12 or JKS."),
    *(Variable(topic.variable, "", topic.name, f"The topic of {topic.title.lower()}.") for topic in ALL_TOPICS),
)  # fmt: skip


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The values of VARIABLES in force."""

    bootstrap: str = BOOTSTRAP
    protocol: str = "PLAINTEXT"
    mechanism: str = "PLAIN"
    username: str = ""
    password: str = ""
    cafile: str = ""
    certfile: str = ""
    keyfile: str = ""
    key_password: str = ""
    topics: dict[str, str] = {}  # names of the user's own, by the default name

    def topic(self, topic: Topic) -> str:
        """Give the name in force of a topic."""
        return self.topics.get(topic.name, topic.name)

    def client_options(self) -> dict[str, Any]:
        """Give what every client of kafka-python takes."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap.split(","),
            "client_id": "livesegments",
            "security_protocol": self.protocol,
        }
        if self.protocol.startswith("SASL"):
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        if self.protocol.endswith("SSL"):
            options["ssl_cafile"] = self.cafile or None
            options["ssl_certfile"] = self.certfile or None
            options["ssl_keyfile"] = self.keyfile or None
            options["ssl_password"] = self.key_password or None
        return options


def read_settings(environment: Mapping[str, str], bootstrap: str | None = None) -> KafkaSettings:
    """Read the settings from environment variables; `bootstrap` comes first where it is given.

    Raises EdgeError with all problems at once.
    """
    found = {variable.name: environment.get(variable.key) or variable.default for variable in VARIABLES}
    found.pop("")
    for store, field in (("KAFKA_TRUSTSTORE", "cafile"), ("KAFKA_KEYSTORE", "certfile")):
        if environment.get(store + "_TYPE", "").upper() == "PEM":
            found[field] = found[field] or environment.get(store, "")
    jaas = environment.get("KAFKA_SASL_JAAS_CONFIG")
    if jaas and not found["username"]:
        found["username"], found["password"] = _jaas_field(jaas, "username"), _jaas_field(jaas, "password")
    if bootstrap is not None:
        found["bootstrap"] = bootstrap
    topics = {topic.name: environment.get(topic.variable) or topic.name for topic in ALL_TOPICS}
    settings = KafkaSettings(**found, topics=topics)
    problems = _problems(settings)
    if problems:
        raise EdgeError("\n".join(problems))
    return settings


def _jaas_field(text: str, name: str) -> str:
    match = re.search(_JAAS_FIELD.format(name), text)
    if match is None:
        return ""
    return match[2] if match[1] is None else re.sub(r"\\(.)", r"\1", match[1])


def _problems(settings: KafkaSettings) -> list[str]:
    problems: list[str] = []
    for server in settings.bootstrap.split(","):
        match = _SERVER.fullmatch(server.strip())
        if match is None or not 0 < int(match[2]) < 65_536:
            problems.append(f"KAFKA_BOOTSTRAP: expected host:port, such as {BOOTSTRAP}, found {server!r}")
    problems += _one_of("KAFKA_SECURITY_PROTOCOL", settings.protocol, PROTOCOLS)
    if settings.protocol.startswith("SASL"):
        problems += _one_of("KAFKA_SASL_MECHANISM", settings.mechanism, MECHANISMS)
        if not settings.username:
            problems.append(f"KAFKA_USERNAME: {settings.protocol} requires one, found none")
    if settings.protocol.endswith("SSL"):
        files = {"CAFILE": settings.cafile, "CERTFILE": settings.certfile, "KEYFILE": settings.keyfile}
        problems += [
            f"KAFKA_SSL_{name}: expected a PEM file, found nothing at {file}"
            for name, file in files.items()
            if file and not Path(file).is_file()
        ]
    return problems


def _one_of(key: str, found: str, expected: tuple[str, ...]) -> list[str]:
    return [] if found in expected else [f"{key}: expected one of {', '.join(expected)}, found {found!r}"]
