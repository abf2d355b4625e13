"""What users get wrong is told before anything runs: where, what was required, what was found, what to do."""

from __future__ import annotations

import sys

import pytest

from kafka_tools.commands import answer
from livesegments.core.errors import EdgeError
from livesegments.relay.extras import load_extra
from livesegments.relay.posting import signer_of


@pytest.mark.parametrize(
    ("module", "extra"), [("boto3", "kinesis"), ("httpx", "webhook"), ("standardwebhooks", "webhook")]
)
def test_a_missing_package_is_told_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EdgeError, match=rf"package {module}, found none; .* pip install 'livesegments\[{extra}\]'"):
        load_extra(module, extra)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "no base64 at all, is it"])
def test_a_secret_that_is_none_is_told(secret: str) -> None:
    with pytest.raises(EdgeError, match="--secret: expected whsec_ and 24 to 64 bytes in base64"):
        signer_of(secret)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["webhook", "--url", "shop.example/hooks"], "--url: expected a URL such as https://"),
        (["webhook", "--url", "http://x:99999/"], "--url: expected a URL such as https://"),
        (["webhook", "--url", "http://x", "--secret", "abc"], "--secret: expected whsec_"),
        (["webhook", "--url", "http://x", "--give-up", "soon"], "--give-up: expected a duration"),
        (["kinesis", "--stream", "s", "--endpoint", "no URL"], "relay kinesis: Invalid endpoint"),
        (["kinesis", "--stream", "s"], "relay kinesis: You must specify a region"),
    ],
)
def test_wrong_options_end_with_2(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "LIVESEGMENTS_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    region = ["--region", "eu-west-1"] if "--endpoint" in arguments else []
    found = answer(capfd, "relay", *arguments, *region)
    assert (found.code, told in found.err) == (2, True), found.err


def test_topics_create_knows_the_relays(capfd: pytest.CaptureFixture[str]) -> None:
    found = answer(capfd, "topics", "create", "--relay", "kafka")
    assert (found.code, found.err) == (2, "error: --relay: expected kinesis or webhook, found 'kafka'\n")
