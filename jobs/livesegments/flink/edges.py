"""Edges: the user's SQL DDL of where data comes from and goes to, read, filled in, run and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from livesegments.core.definition.document import near
from livesegments.core.definition.texts import read_ddl
from livesegments.core.errors import EdgeError
from livesegments.flink.causes import message_of

__all__ = ["EdgeTables", "Edges", "Statement", "create_tables", "packaged_edge", "read_edges"]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_OPTIONAL = re.compile(r",\s*'[^']*'\s*=\s*'\$\{([A-Z_][A-Z0-9_]*):-\}'")
_TOKEN = re.compile(r"'(?:[^']|'')*'|`[^`]*`|--[^\n]*|/\*.*?\*/|;|[^;'`/-]+|.", re.DOTALL)
_ALLOWED = ("CREATE", "DROP", "ALTER", "USE", "LOAD", "UNLOAD", "SHOW")
_NEEDED = ("events", "segment_changes", "dead_letters")
_EVENT_COLUMNS = {
    "payload": ("VARBINARY", "BYTES"),
    "user_key": ("VARCHAR", "STRING"),
    "event_time": ("TIMESTAMP_WITH_LOCAL_TIME_ZONE", "TIMESTAMP_LTZ(3)"),
    "source_topic": ("VARCHAR", "STRING"),
    "source_partition": ("INTEGER", "INT"),
    "source_offset": ("BIGINT", "BIGINT"),
}
_ROW_COLUMNS = {name: _EVENT_COLUMNS[name] for name in ("payload", "user_key")}
_TABLES = {
    "events": _EVENT_COLUMNS,
    "segment_changes": _ROW_COLUMNS,
    "dead_letters": _ROW_COLUMNS,
    "profiles": _ROW_COLUMNS,
    "segment_models": _ROW_COLUMNS,
    "summary": _ROW_COLUMNS,
}


class Statement(msgspec.Struct, frozen=True):
    """One statement of a DDL file and the line it begins in."""

    line: int
    text: str


class Edges(msgspec.Struct, frozen=True):
    """A DDL file, its variables filled in."""

    file: str
    statements: tuple[Statement, ...]


class EdgeTables(msgspec.Struct, frozen=True):
    """The tables that exist, each with its columns among those we use, and those with a primary key."""

    columns: dict[str, tuple[str, ...]]
    upserts: frozenset[str]
    connections: dict[str, dict[str, str]] = {}  # each table's WITH options


def packaged_edge(name: str) -> Path:
    """Give a DDL file that comes with the package, such as files.sql."""
    return Path(str(resources.files("livesegments"))) / "edges" / name


def read_edges(path: Path, variables: Mapping[str, str], given: Collection[str] = ()) -> Edges:
    """Read a DDL file and fill in `${NAME}` from the variables, else from the environment.

    `${NAME:-text}` has a default. A table option that is `'${NAME:-}'` and nothing else is left out, with the comma
    before it, while NAME is empty. The names `given` by hand must be read by the file, or be such as the Kafka tools
    read, so that none is misspelt and ignored.
    Raises EdgeError with all problems at once.
    """
    text = read_ddl(path)
    statements: list[Statement] = []
    problems: list[str] = []
    for statement in _statements(text):
        statements.append(Statement(statement.line, _filled(path, statement, variables, problems)))
        word = statement.text.split(None, 1)[0].upper()
        if word not in _ALLOWED:
            problems.append(f"{path}:{statement.line}: required DDL ({', '.join(_ALLOWED[:3])}, ...), found {word}")
    read = {found[1].partition(":-")[0] for part in _statements(text) for found in _VARIABLE.finditer(part.text)}
    problems += [
        f"--set {name}: required a variable that {path} reads ({', '.join(sorted(read)) or 'it reads none'}), "
        f"found another{near(name, read)}"
        for name in given
        if name not in read and not _is_shared(name)
    ]
    if not statements:
        problems.append(f"{path}: required CREATE TABLE statements, found none")
    if problems:
        raise EdgeError("\n".join(problems))
    return Edges(str(path), tuple(statements))


def _is_shared(name: str) -> bool:
    """Tell whether a variable is one of those that edges share with the Kafka tools."""
    from livesegments.kafka.settings import VARIABLES  # only where a name is in doubt

    return any(variable.key == name for variable in VARIABLES)


def _statements(text: str) -> list[Statement]:
    """Split at semicolons outside quotes and comments; comments go."""
    found: list[Statement] = []
    parts: list[str] = []
    line = start = 1
    for token in [*_TOKEN.findall(text), ";"]:
        if token == ";":
            statement = "".join(parts).strip()
            if statement:
                found.append(Statement(start, statement))
            parts = []
        elif not token.startswith(("--", "/*")):
            if token.strip() and not "".join(parts).strip():
                start = line + token[: len(token) - len(token.lstrip())].count("\n")
            parts.append(token)
        line += token.count("\n")
    return found


def _filled(path: Path, statement: Statement, variables: Mapping[str, str], problems: list[str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, is_optional, default = match[1].partition(":-")
        if not _VARIABLE_NAME.fullmatch(name):
            problems.append(f"{path}:{statement.line}: required a name such as ${{TOPIC}}, found {match[0]}")
            return ""
        found = variables.get(name, os.environ.get(name))
        if is_optional and not found:
            return default
        if found is None:
            problems.append(f"{path}:{statement.line}: ${{{name}}} has no value; give one with --set {name}=...")
            return ""
        return found.replace("'", "''")

    def option(match: re.Match[str]) -> str:
        return match[0] if variables.get(match[1], os.environ.get(match[1])) else ""

    return _VARIABLE.sub(value, _OPTIONAL.sub(option, statement.text))


def create_tables(table_environment: Any, edges: Edges, needed: Collection[str] = _NEEDED) -> EdgeTables:
    """Run the statements and check the tables that then exist against what the job reads and writes.

    The `needed` tables, or views, must be there.

    Raises EdgeError for a statement that Flink refuses, else with all that is wrong with the tables.
    """
    for statement in edges.statements:
        try:
            table_environment.execute_sql(statement.text)
        except Exception as error:  # whatever class py4j makes of it
            where = f"{edges.file}:{statement.line}"
            raise EdgeError(f"{where}: Flink refuses this statement: {message_of(error)}") from error
    existing = set(table_environment.list_tables())
    problems = [f"{edges.file}: required a table `{name}`, found none" for name in needed if name not in existing]
    columns, upserts, connections = {}, set(), {}
    for table in _TABLES:
        if table not in existing:
            continue
        found = table_environment.from_path(table)._j_table
        schema = found.getResolvedSchema()
        connections[table] = _connection(found)
        columns[table] = _used_columns(edges.file, table, schema, problems)
        if table != "events" and _has_key(edges.file, table, schema, problems):
            upserts.add(table)
    if problems:
        raise EdgeError("\n".join(problems))
    return EdgeTables(columns, frozenset(upserts), connections)


def _connection(table: Any) -> dict[str, str]:
    operation = table.getQueryOperation()
    if not hasattr(operation, "getContextResolvedTable"):  # a view
        return {}
    return dict(operation.getContextResolvedTable().getTable().getOptions())


def _used_columns(file: str, table: str, schema: Any, problems: list[str]) -> tuple[str, ...]:
    used = []
    for column in schema.getColumns():
        wanted = _TABLES[table].get(column.getName())
        if wanted is None:
            continue
        used.append(column.getName())
        found = column.getDataType().getLogicalType()
        if found.getTypeRoot().toString() != wanted[0]:
            where = f"{file}: table `{table}`, column `{column.getName()}`"
            problems.append(f"{where}: required {wanted[1]}, found {found.asSummaryString()}")
    if "payload" not in used:
        found_names = ", ".join(column.getName() for column in schema.getColumns())
        problems.append(f"{file}: table `{table}`: required a column `payload BYTES`, found {found_names}")
    return tuple(used)


def _has_key(file: str, table: str, schema: Any, problems: list[str]) -> bool:
    if not schema.getPrimaryKey().isPresent():
        return False
    names = list(schema.getPrimaryKey().get().getColumns())
    if names != ["user_key"]:
        problems.append(f"{file}: table `{table}`: required the primary key `user_key`, found {', '.join(names)}")
    elif table not in ("profiles", "segment_models"):
        problems.append(f"{file}: table `{table}`: required no primary key (rows are appended), found `user_key`")
    return True
