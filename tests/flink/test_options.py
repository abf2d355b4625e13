"""Options: declared once, read with every mistake reported at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from livesegments.core.errors import EdgeError
from livesegments.flink.configuration import ddl_variables, flink_settings
from livesegments.flink.options import OPTIONS, JobOptions, read_options


def test_every_option_has_a_field_and_a_row() -> None:
    assert [option.name for option in OPTIONS] == list(JobOptions.__struct_fields__)
    rows = ["| option | type | default | meaning |", "|---|---|---|---|"]
    rows += [f"| `{option.key}` | int | {option.default} | {option.description} |" for option in OPTIONS]
    documentation = Path(__file__).parents[2] / "flink-conf" / "README.md"
    assert "\n".join(rows) in documentation.read_text()


def test_settings_replace_defaults() -> None:
    options = read_options({"livesegments.shards": "16", "TOPIC": "t", "table.local-time-zone": "UTC"})
    assert (options.shards, options.batch_events) == (16, 512)


def test_all_mistakes_are_told() -> None:
    with pytest.raises(EdgeError) as caught:
        read_options({"livesegments.shards": "many", "livesegments.batch.events": "0", "livesegments.chards": "1"})
    text = str(caught.value)
    assert "--set livesegments.shards: expected a whole number from 1 to 32768, found 'many'" in text
    assert "--set livesegments.batch.events: expected a whole number from 1 to 65535, found '0'" in text
    assert "--set livesegments.chards: unknown option; there are livesegments.shards, " in text


def test_settings_are_told_apart_by_their_names() -> None:
    settings = {"TOPIC": "t", "table.local-time-zone": "UTC", "livesegments.shards": "1"}
    assert ddl_variables(settings) == {"TOPIC": "t"}
    assert flink_settings(settings) == {"table.local-time-zone": "UTC"}
    with pytest.raises(EdgeError, match="--set topic: required a name in upper case"):
        ddl_variables({"topic": "t"})
