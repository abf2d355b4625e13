"""Brokers that do not answer, refuse, or speak otherwise: told within 30 s, exit code 2, no traceback."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from brokers import SASL_PASSWORD, SASL_USER, Broker
from kafka_tools.commands import COMMAND, Answer, environment, new_topics
from timed_process import run_timed

pytestmark = pytest.mark.kafka

NOBODY = "127.0.0.1:1"
PROCESS_SECONDS_MAX = 300


def sign_in(protocol: str, password: str = SASL_PASSWORD) -> dict[str, str]:
    return {"KAFKA_SECURITY_PROTOCOL": protocol, "KAFKA_USERNAME": SASL_USER, "KAFKA_PASSWORD": password}


def answer_in_time(arguments: tuple[str, ...], variables: dict[str, str]) -> Answer:
    """Run a command, which may take 30 s from its first words on; before them Python loads it, on whatever machine."""
    found = run_timed([*COMMAND, *arguments], {**environment(), **variables}, PROCESS_SECONDS_MAX)
    assert not found.lines or found.ended - found.lines[0][0] < 30, found.err
    return Answer(found.code, found.out, found.err)


@pytest.fixture(scope="module")
def refused(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """Give what commands say that try for ten seconds in vain: all at once, so that they wait together."""
    events = tmp_path_factory.mktemp("events")
    (events / "events.jsonl").write_text("{}")
    asked: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "topics": (("topics", "create", "--bootstrap", NOBODY), {}),
        "watch": (("watch", "--bootstrap", NOBODY), {}),
        "send": (("send", str(events), "--bootstrap", NOBODY), {}),
        "wrong password": (
            ("watch", "--bootstrap", broker.sasl_bootstrap),
            sign_in("SASL_PLAINTEXT", "no-such-password"),
        ),
        "without SASL": (("topics", "create", "--bootstrap", broker.bootstrap), sign_in("SASL_PLAINTEXT")),
        "unknown authority": (("topics", "create", "--bootstrap", broker.sasl_ssl_bootstrap), sign_in("SASL_SSL")),
    }
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda command: answer_in_time(*command), asked.values()))
    assert all(": no answer yet (" in found.err.partition("\n")[0] for found in answers), "the trying was not timed"
    return dict(zip(asked, answers, strict=True))


@pytest.mark.parametrize("command", ["topics", "watch", "send"])
def test_nobody_answers(refused: dict[str, Answer], command: str) -> None:
    found = refused[command]
    assert found.code == 2
    said = found.err.splitlines()
    assert sum(line.startswith(f"{NOBODY}: no answer yet (") for line in said) == 1
    assert said[-1].startswith(f"error: {NOBODY} (PLAINTEXT): required a Kafka broker that answers")
    assert "Traceback" not in found.err


def test_a_wrong_password_is_told_without_telling_it(refused: dict[str, Answer]) -> None:
    found = refused["wrong password"]
    assert found.code == 2
    assert "user 'shop'" in found.err
    assert "KAFKA_PASSWORD" in found.err
    assert "no-such-password" not in found.err
    assert "Traceback" not in found.err


def test_a_port_without_sasl_is_told(refused: dict[str, Answer]) -> None:
    assert refused["without SASL"].code == 2
    assert "takes no SASL; look at KAFKA_SECURITY_PROTOCOL" in refused["without SASL"].err


def test_signing_in_works(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    new_topics(monkeypatch)
    command = ("topics", "create", "--bootstrap", broker.sasl_bootstrap)
    assert answer_in_time(command, sign_in("SASL_PLAINTEXT")).code == 0


def test_tls_trusts_the_given_authority_only(
    broker: Broker, refused: dict[str, Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    if broker.authority is None:
        pytest.skip("no openssl here to make a certificate with")
    assert refused["unknown authority"].code == 2
    assert "certificate verify failed" in refused["unknown authority"].err
    new_topics(monkeypatch)
    command = ("topics", "create", "--bootstrap", broker.sasl_ssl_bootstrap)
    variables = {**sign_in("SASL_SSL"), "KAFKA_SSL_CAFILE": str(broker.authority)}
    assert answer_in_time(command, variables).code == 0
