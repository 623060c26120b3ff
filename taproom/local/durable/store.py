"""Documents by kind and name, kept in one SQLite file; what it says is written survives any end of this process.

SQLite's write-ahead log with synchronous=FULL: a transaction is on disk when it has been committed, and one that was
interrupted never happened.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taproom.local.durable.blobs import Blobs

FORMAT = 1  # of the tables and documents; one that is higher was written by a newer version
APPLICATION = 0x54415052  # marks the file as ours ("TAPR")


class StoreUnusable(RuntimeError):
    """What is kept cannot be read; says which file, and what to do."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(
            f"{file} {why}. It holds the objects and registered models of earlier runs: restore it from a copy, or "
            "start afresh without them (`make clean`, or delete the folder that --work names)"
        )


class Store:
    """The store in ``folder``, made if it is not there. Used by many threads; its folder by one process at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "documents.sqlite"
        self.blobs = Blobs(folder / "blobs")
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StoreUnusable(self.file, f"cannot be read ({error})") from error
        except StoreUnusable:
            self._connection.close()
            raise

    def put(self, kind: str, name: str, document: Any, blob: str | None = None) -> None:
        """Keep a JSON document, and the digest of the blob that belongs to it, in place of what was there."""
        text = json.dumps(document, separators=(",", ":"))
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", (kind, name, text, blob))

    def delete(self, kind: str, name: str) -> None:
        with self._lock:
            self._connection.execute("DELETE FROM documents WHERE kind = ? AND name = ?", (kind, name))

    def has(self, kind: str, name: str) -> bool:
        with self._lock:
            found = self._connection.execute("SELECT 1 FROM documents WHERE kind = ? AND name = ?", (kind, name))
            return found.fetchone() is not None

    def all(self, kind: str) -> Iterator[tuple[str, Any, str | None]]:
        """Name, document and blob of everything of a kind, by name."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT name, document, blob FROM documents WHERE kind = ? ORDER BY name", (kind,)
            ).fetchall()
        for name, text, blob in rows:
            yield name, json.loads(text), blob

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is put and deleted inside is kept together, or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _open(self) -> None:
        connection = self._connection
        is_new = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone does not reach the disk
        if is_new:
            self._create()
        (application,), (version,) = (
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if application != APPLICATION:
            raise StoreUnusable(self.file, "is no store of the local AWS")
        if version > FORMAT:
            raise StoreUnusable(
                self.file, f"has format {version}, written by a newer version (this one reads up to {FORMAT})"
            )
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise StoreUnusable(self.file, f"is damaged ({verdict})")
        used = {blob for (blob,) in connection.execute("SELECT DISTINCT blob FROM documents WHERE blob IS NOT NULL")}
        if lost := self.blobs.sweep(used):
            raise StoreUnusable(self.blobs.path(lost[0]), f"is missing ({len(lost)} file(s) of objects are)")

    def _create(self) -> None:
        self._connection.executescript(
            f"""
            BEGIN;
            CREATE TABLE documents (
                kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, blob TEXT,
                PRIMARY KEY (kind, name)
            );
            PRAGMA application_id = {APPLICATION};
            PRAGMA user_version = {FORMAT};
            COMMIT;
            """
        )
