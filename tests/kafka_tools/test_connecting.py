"""Brokers that do not answer, refuse, or speak otherwise: told within 30 s, exit code 2, no traceback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokers import SASL_PASSWORD, SASL_USER, Broker
from kafka_tools.commands import answer_of_process, new_topics

pytestmark = pytest.mark.kafka


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 30


def sign_in(monkeypatch: pytest.MonkeyPatch, protocol: str, password: str = SASL_PASSWORD) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", protocol)
    monkeypatch.setenv("KAFKA_USERNAME", SASL_USER)
    monkeypatch.setenv("KAFKA_PASSWORD", password)


@pytest.mark.parametrize("command", [["topics", "create"], ["watch"], ["send", "EVENTS"]])
def test_nobody_answers(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("{}")
    command = [part.replace("EVENTS", str(tmp_path)) for part in command]
    refused = answer_of_process(*command, "--bootstrap", "127.0.0.1:1")
    assert refused.code == 2
    said = refused.err.splitlines()
    assert sum(line.startswith("127.0.0.1:1: no answer yet (") for line in said) == 1
    assert said[-1].startswith("error: 127.0.0.1:1 (PLAINTEXT): required a Kafka broker that answers")
    assert "Traceback" not in refused.err


def test_signing_in_works(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    new_topics(monkeypatch)
    sign_in(monkeypatch, "SASL_PLAINTEXT")
    assert answer_of_process("topics", "create", "--bootstrap", broker.sasl_bootstrap).code == 0


def test_a_wrong_password_is_told_without_telling_it(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, "SASL_PLAINTEXT", "no-such-password")
    refused = answer_of_process("watch", "--bootstrap", broker.sasl_bootstrap)
    assert refused.code == 2
    assert "user 'shop'" in refused.err
    assert "KAFKA_PASSWORD" in refused.err
    assert "no-such-password" not in refused.err
    assert "Traceback" not in refused.err


def test_a_port_without_sasl_is_told(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch, "SASL_PLAINTEXT")
    refused = answer_of_process("topics", "create", "--bootstrap", broker.bootstrap)
    assert refused.code == 2
    assert "takes no SASL; look at KAFKA_SECURITY_PROTOCOL" in refused.err


def test_tls_trusts_the_given_authority_only(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    if broker.authority is None:
        pytest.skip("no openssl here to make a certificate with")
    new_topics(monkeypatch)
    sign_in(monkeypatch, "SASL_SSL")
    refused = answer_of_process("topics", "create", "--bootstrap", broker.sasl_ssl_bootstrap)
    assert refused.code == 2
    assert "certificate verify failed" in refused.err
    monkeypatch.setenv("KAFKA_SSL_CAFILE", str(broker.authority))
    assert answer_of_process("topics", "create", "--bootstrap", broker.sasl_ssl_bootstrap).code == 0
