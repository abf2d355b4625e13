"""The tables of the store's SQLite file, and how it is opened to write and to read."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from livesegments.core.errors import EdgeError

__all__ = ["open_to_read", "open_to_write", "transaction"]

FORMAT = "1"
_WAIT_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE positions (source TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE users (
  number INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL UNIQUE,
  sequence INTEGER NOT NULL,
  updated_ms INTEGER,
  segments TEXT NOT NULL,
  clusters TEXT NOT NULL,
  profile_sequence INTEGER,
  profile BLOB
) STRICT;
CREATE TABLE ended (
  user_hash BLOB PRIMARY KEY,
  sequence INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  back_sequence INTEGER,
  erased INTEGER NOT NULL,
  merged_into TEXT,
  ended_ms INTEGER,
  back_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_into ON ended (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE members (
  segment TEXT NOT NULL, user_id TEXT NOT NULL, since_ms INTEGER, PRIMARY KEY (segment, user_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE segments (
  name TEXT PRIMARY KEY, members INTEGER NOT NULL, entered INTEGER NOT NULL, left INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE cluster_sizes (
  clustering TEXT NOT NULL, cluster TEXT NOT NULL, users INTEGER NOT NULL, PRIMARY KEY (clustering, cluster)
) STRICT, WITHOUT ROWID;
CREATE TABLE activity (
  segment TEXT NOT NULL, from_ms INTEGER NOT NULL, entered INTEGER NOT NULL, left INTEGER NOT NULL,
  ended INTEGER NOT NULL, PRIMARY KEY (segment, from_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE changes (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  segment TEXT,
  kind TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  record BLOB NOT NULL,
  UNIQUE (user_id, sequence)
) STRICT;
CREATE INDEX changes_time ON changes (time_ms);
CREATE INDEX changes_segment ON changes (segment, time_ms);
CREATE TABLE dead_letters (
  number INTEGER PRIMARY KEY,
  reason TEXT NOT NULL,
  user_id TEXT,
  received_ms INTEGER,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX dead_letters_reason ON dead_letters (reason, number);
CREATE INDEX dead_letters_user ON dead_letters (user_id) WHERE user_id IS NOT NULL;
CREATE TABLE dead_letter_counts (
  reason TEXT NOT NULL, from_ms INTEGER NOT NULL, letters INTEGER NOT NULL, PRIMARY KEY (reason, from_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE models (
  kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (kind, name, version)
) STRICT, WITHOUT ROWID;
"""


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open the store, make its tables where there are none, and let go of what is deleted for good.

    Raises EdgeError for a file that is no store of this version.
    """
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -65536")
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            _create(connection)
        found = connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise EdgeError(f"{path}: required a store of livesegments serve, found: {error}; give another file") from None
    if found is None or found[0] != FORMAT:
        connection.close()
        raise EdgeError(f"{path}: required a store of format {FORMAT}, found another; --from-beginning makes it anew")
    if "ended_ms" not in {row[1] for row in connection.execute("PRAGMA table_info(ended)")}:
        for name in ("ended_ms", "back_ms"):  # of ends from before these are not known
            connection.execute(f"ALTER TABLE ended ADD COLUMN {name} INTEGER")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Keep all that is written within, or nothing where something raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript("BEGIN IMMEDIATE;" + _SCHEMA)
    rows = [("format", FORMAT), ("salt", secrets.token_bytes(16)), ("name", secrets.token_hex(4)), ("users", 0)]
    connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    connection.execute("COMMIT")


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open an existing store to read."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -16384")
    return connection
