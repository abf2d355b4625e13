"""`livesegments schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livesegments.cli import main


def run(*arguments: str | Path) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


def test_it_prints_the_topics(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    definition = tmp_path / "segments.yaml"
    definition.write_text("features: {plan: {trait: plan}}\nsegments: {paying: {when: 'plan == \"pro\"'}}\n")
    assert run("schema", "--config", definition) == 0
    out, err = capfd.readouterr()
    document = json.loads(out)
    assert document["asyncapi"] == "3.1.0"
    assert list(document["components"]["schemas"]["ProfileFeatures"]["properties"]) == ["plan"]
    assert err == ""


def test_it_writes_the_files(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("schema", "--out", tmp_path / "a" / "b", "--quiet") == 0
    assert {file.name for file in (tmp_path / "a" / "b").iterdir()} == {
        "event.v1.schema.json",
        "segment-change.v1.schema.json",
        "profile.v1.schema.json",
        "dead-letter.v1.schema.json",
        "segment-model.v1.schema.json",
        "undelivered.v1.schema.json",
        "kinesis-position.v1.schema.json",
        "asyncapi.json",
    }
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_written_is_told(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run("schema", "--out", tmp_path / "file") == 2
    assert "required a folder that can be written" in capfd.readouterr().err
