"""Edges: DDL files are read, filled in and checked, and every mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from flink.streams import DEFINITION
from livesegments.core.definition import parse_definition
from livesegments.core.errors import EdgeError
from livesegments.flink.edges import Statement, packaged_edge, read_edges
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

FILES = "WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'raw')"


def test_statements_are_split_outside_quotes_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "e.sql"
    file.write_text(
        "-- a; b\n\nCREATE TABLE a (x INT) -- c;\n;/* d; */ CREATE TABLE `b;` (\n y INT) WITH ('p' = 'e;''-- f');\n"
    )
    assert read_edges(file, {}).statements == (
        Statement(3, "CREATE TABLE a (x INT)"),
        Statement(4, "CREATE TABLE `b;` (\n y INT) WITH ('p' = 'e;''-- f')"),
    )


def test_variables_come_from_settings_then_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "e.sql"
    file.write_text("CREATE TABLE a (x INT) WITH ('one' = '${ONE}', 'two' = '${TWO}')")
    monkeypatch.setenv("ONE", "environment")
    monkeypatch.setenv("TWO", "it's")
    text = read_edges(file, {"ONE": "setting"}).statements[0].text
    assert text.endswith("('one' = 'setting', 'two' = 'it''s')")


def test_all_mistakes_in_a_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "e.sql"
    file.write_text("CREATE TABLE a (x INT) WITH ('a' = '${NOT_SET}',\n'b' = '${lower}');\n\nINSERT INTO a SELECT 1;")
    with pytest.raises(EdgeError) as caught:
        read_edges(file, {})
    assert str(caught.value).splitlines() == [
        f"{file}:1: ${{NOT_SET}} has no value; give one with --set NOT_SET=...",
        f"{file}:1: required a name such as ${{TOPIC}}, found ${{lower}}",
        f"{file}:4: required DDL (CREATE, DROP, ALTER, ...), found INSERT",
    ]


@pytest.mark.parametrize("content", ["", "-- nothing\n"])
def test_a_file_without_statements_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "e.sql"
    file.write_text(content)
    with pytest.raises(EdgeError, match="required CREATE TABLE statements, found none"):
        read_edges(file, {})


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "kafka.sql").write_text("CREATE TABLE t (a INT);")
    with pytest.raises(
        EdgeError, match=r'kafk\.sql: required a DDL file, found nothing there; did you mean "kafka\.sql"\?'
    ):
        read_edges(tmp_path / "kafk.sql", {})


def test_packaged_edges_are_those_of_flink_conf() -> None:
    packaged = packaged_edge("files.sql")
    original = Path(__file__).parents[2] / "flink-conf" / "edges" / "files.sql"
    assert packaged.read_text() == original.read_text()


@pytest.mark.flink
@pytest.mark.parametrize(
    ("ddl", "message"),
    [
        (
            "CREATE TABLE events (payload BYTES",
            r"e\.sql:1: Flink refuses this statement: Encountered \"<EOF>\" at line 1",
        ),
        ("CREATE CATALOG c WITH ('type' = 'nothing')", r"e\.sql:1: Flink refuses this statement: .*nothing"),
        (f"CREATE TABLE events (payload BYTES) {FILES}", r"required a table `segment_changes`, found none"),
        (
            f"CREATE TABLE events (payload STRING, source_offset INT) {FILES}",
            r"table `events`, column `payload`: required BYTES, found STRING\n"
            r".*column `source_offset`: required BIGINT, found INT",
        ),
        (f"CREATE TABLE events (body BYTES) {FILES}", r"table `events`: required a column `payload BYTES`, found body"),
        (
            f"CREATE TABLE profiles (id STRING, payload BYTES, PRIMARY KEY (id) NOT ENFORCED) {FILES}",
            r"table `profiles`: required the primary key `user_key`, found id",
        ),
        (
            f"CREATE TABLE dead_letters (user_key STRING, payload BYTES, PRIMARY KEY (user_key) NOT ENFORCED) {FILES}",
            r"table `dead_letters`: required no primary key",
        ),
        (
            ";".join(
                f"CREATE TABLE {table} (payload BYTES) WITH ('connector' = 'kafca')"
                for table in ("events", "segment_changes", "dead_letters")
            ),
            r"the job cannot be built: .*Could not find any factory for identifier 'kafca'",
        ),
    ],
)
def test_tables_that_cannot_work_are_told(flink: EmbeddedFlink, tmp_path: Path, ddl: str, message: str) -> None:
    file = tmp_path / "e.sql"
    file.write_text(ddl)
    with pytest.raises(EdgeError, match=message) as caught:
        flink.run(make_job(DEFINITION, edges=file))
    text = str(caught.value)
    assert text.startswith(str(file))
    assert "\tat " not in text
    assert "org.apache.flink.table.api.ValidationException" not in text


@pytest.mark.flink
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("user_key STRING,\n", "user_key STRANG,\n", "e.sql:{line}: Flink refuses this statement"),
        ("CREATE TABLE dead_letters", "CREATE TABLE dead_letter", "required a table `dead_letters`, found none"),
    ],
)
def test_a_slip_in_the_edges_of_kafka_is_told(
    flink: EmbeddedFlink, tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = packaged_edge("kafka.sql").read_text()
    assert old in text
    (tmp_path / "e.sql").write_text(text.replace(old, new, 1))
    line = text[: text.index("CREATE TABLE events")].count("\n") + 1
    with pytest.raises(EdgeError) as caught:
        flink.run(make_job(DEFINITION, edges=tmp_path / "e.sql"))
    assert message.format(line=line) in str(caught.value)


def live_edges(folder: Path) -> Path:
    (folder / "in").mkdir()
    file = folder / "e.sql"
    source = f"'connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'raw', 'source.monitor-interval' = '1s'"
    sinks = "".join(f"CREATE TABLE {table} (payload BYTES) {FILES};" for table in ("segment_changes", "dead_letters"))
    file.write_text(f"CREATE TABLE events (payload BYTES) WITH ({source}); {sinks}")
    return file


@pytest.mark.flink
def test_until_needs_an_input_that_ends(flink: EmbeddedFlink, tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="--until: required an input that ends"):
        flink.run(make_job(DEFINITION, edges=live_edges(tmp_path), until_ms=0))


@pytest.mark.flink
def test_an_algorithm_for_input_that_ends_is_refused_live(flink: EmbeddedFlink, tmp_path: Path) -> None:
    text = "features: {a: {count: A}}\nclusters: {g: {features: [a], algorithm: dbscan}}"
    definition = parse_definition(text, "segments.yaml")
    with pytest.raises(EdgeError, match=r"segments.yaml: clusters\.g\.algorithm: .* dbscan needs an input that ends"):
        flink.run(make_job(definition, edges=live_edges(tmp_path)))
