"""How Kafka is reached: the environment, Java's spelling of it, and mistakes told all at once."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from kafka_tools.commands import environment
from livesegments.core.errors import EdgeError
from livesegments.kafka import TOPICS, VARIABLES, read_settings

ROOT = Path(__file__).parents[2]
KAFKA_SQL = (Path(str(resources.files("livesegments"))) / "edges" / "kafka.sql").read_text()


def test_an_empty_environment_means_a_local_broker_without_protection() -> None:
    settings = read_settings({})
    assert settings.client_options() == {
        "bootstrap_servers": ["localhost:9092"],
        "client_id": "livesegments",
        "security_protocol": "PLAINTEXT",
    }


def test_the_option_comes_before_the_environment() -> None:
    assert read_settings({"KAFKA_BOOTSTRAP": "a:1"}, "b:2,c:3").bootstrap == "b:2,c:3"


def test_an_empty_variable_counts_as_none() -> None:
    assert read_settings({"KAFKA_SECURITY_PROTOCOL": "", "KAFKA_BOOTSTRAP": ""}) == read_settings({})


def test_username_and_password_reach_the_client_with_sasl_only() -> None:
    names = {"KAFKA_USERNAME": "shop", "KAFKA_PASSWORD": "secret", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"}
    assert "sasl_mechanism" not in read_settings(names).client_options()
    options = read_settings({**names, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}).client_options()
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "SCRAM-SHA-512",
        "shop",
        "secret",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a.b.PlainLoginModule required username="shop" password="secret";', ("shop", "secret")),
        ("a.b.PlainLoginModule required username=shop password=secret;", ("shop", "secret")),
        ('a.b.PlainLoginModule required password = "s;e\\"c\\\\r et" username = "sh op";', ("sh op", 's;e"c\\r et')),
    ],
)
def test_what_java_reads_is_enough_for_the_tools(text: str, expected: tuple[str, str]) -> None:
    settings = read_settings({"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_JAAS_CONFIG": text})
    assert (settings.username, settings.password) == expected


def test_stores_of_the_job_serve_the_tools_where_they_are_pem(tmp_path: Path) -> None:
    store = tmp_path / "store.pem"
    store.touch()
    names = {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_TRUSTSTORE": str(store), "KAFKA_KEYSTORE": str(store)}
    assert read_settings(names).cafile == ""
    settings = read_settings({**names, "KAFKA_TRUSTSTORE_TYPE": "PEM", "KAFKA_KEYSTORE_TYPE": "pem"})
    assert (settings.cafile, settings.certfile) == (str(store), str(store))
    assert settings.client_options()["ssl_cafile"] == str(store)


def test_every_mistake_is_told_at_once() -> None:
    environment = {
        "KAFKA_BOOTSTRAP": "broker,other:99999",
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": "plain",
        "KAFKA_SSL_CAFILE": "nowhere.pem",
    }
    with pytest.raises(EdgeError) as raised:
        read_settings(environment)
    assert str(raised.value).splitlines() == [
        "KAFKA_BOOTSTRAP: expected host:port, such as localhost:9092, found 'broker'",
        "KAFKA_BOOTSTRAP: expected host:port, such as localhost:9092, found 'other:99999'",
        "KAFKA_SASL_MECHANISM: expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, found 'plain'",
        "KAFKA_USERNAME: SASL_SSL requires one, found none",
        "KAFKA_SSL_CAFILE: expected a PEM file, found nothing at nowhere.pem",
    ]


def test_a_password_is_never_told() -> None:
    environment = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_PASSWORD": "secret", "KAFKA_SASL_MECHANISM": "x"}
    with pytest.raises(EdgeError) as raised:
        read_settings(environment)
    assert "secret" not in str(raised.value)


def test_the_table_names_every_variable() -> None:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for variable in VARIABLES:
        default = f"`{variable.default}`" if variable.default else ""
        rows.append(f"| `{variable.key}` | {default} | {variable.description} |")
    assert "\n".join(rows) in (ROOT / "flink-conf" / "README.md").read_text()


def test_tools_and_edge_know_the_same_names_and_defaults() -> None:
    in_edge = dict(re.findall(r"\$\{([A-Z_]+)(?::-([^}]*))?\}", KAFKA_SQL))
    for variable in VARIABLES:
        if in_edge.get(variable.key):
            assert in_edge[variable.key] == variable.default, variable.key
    for name in ("KAFKA_BOOTSTRAP", "KAFKA_SECURITY_PROTOCOL", "KAFKA_SASL_MECHANISM", "KAFKA_SASL_JAAS_CONFIG"):
        assert name in in_edge
    assert {in_edge[topic.variable] for topic in TOPICS} == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("command", ["send", "watch", "topics create", "schema", "relay kinesis", "relay webhook"])
def test_help_is_light(command: str) -> None:
    heavy = ("kafka", "numpy", "lark", "pyflink", "boto3", "httpx")
    code = (
        "import sys\nfrom livesegments.cli import main\n"
        f"try:\n    main({[*command.split(), '--help']!r})\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environment()
    )
    assert done.stderr.strip() == "[]"
    assert "--help" in done.stdout
