"""Tools follow the topics that the job's DDL file names."""

from __future__ import annotations

from pathlib import Path

import pytest

from livesegments.core.errors import EdgeError
from livesegments.kafka.edge_topics import edge_variables
from livesegments.kafka.settings import read_settings
from livesegments.kafka.topics import CHANGES, PROFILES

EDGES = Path(__file__).parents[2] / "flink-conf" / "edges"


def test_the_packaged_file_says_what_the_environment_says() -> None:
    environment = {"KAFKA_BOOTSTRAP": "broker:9093", "CHANGES_TOPIC": "mine", "KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
    environment |= {"KAFKA_SASL_JAAS_CONFIG": 'x.PlainLoginModule required username="u" password="p;q";'}
    settings = read_settings({**environment, **edge_variables(EDGES / "kafka.sql", environment)})
    assert settings == read_settings(environment)
    assert (settings.topic(CHANGES), settings.topic(PROFILES)) == ("mine", "profiles.v1")


def test_topics_that_are_written_in_the_file_are_followed(tmp_path: Path) -> None:
    text = (EDGES / "kafka.sql").read_text().replace("${PROFILES_TOPIC:-profiles.v1}", "people -- not a comment")
    (tmp_path / "mine.sql").write_text(text)
    assert edge_variables(tmp_path / "mine.sql", {})["PROFILES_TOPIC"] == "people -- not a comment"


def test_tables_that_are_no_topics_are_told_all_at_once() -> None:
    with pytest.raises(EdgeError, match="required a topic of Kafka, found connector") as error:
        edge_variables(EDGES / "files.sql", {})
    assert len(str(error.value).splitlines()) == 4
    with pytest.raises(EdgeError, match="required a DDL file"):
        edge_variables(EDGES / "none.sql", {})
