"""DynamoDB: tables with their configuration, and items; and requests that change them one at a time.

What one request changed is written in one transaction before it is answered, so that a batch or a transaction is there
whole or not at all. moto checks a condition and then writes, which two requests at once would both be allowed to: here
requests take turns, as a conditional write is atomic on AWS. Streams begin anew, backups are forgotten, and items whose
time to live is over stay, as they may for days on AWS.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from taproom.local.durable.encoding import decode, encode
from taproom.local.durable.store import Store

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

TABLE, ITEM = "dynamodb.table", "dynamodb.item"
NOT_OF_A_TABLE = {"items", "stream_shard", "lambda_event_source_mappings", "cf_resource_type", "logical_resource_id"}
# methods of moto's backend that change a table, by the name or ARN that they take first
TABLE_CHANGES = (
    *("create_table", "delete_table", "update_table", "update_time_to_live", "update_continuous_backups"),
    *("tag_resource", "untag_resource"),
)
Key = tuple[Any, Any]  # an item's hash and range key, moto's DynamoType; the second is None in a table without


def install(aws: LocalAws, store: Store) -> None:
    from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    keeper = Keeper(store, dynamodb_backends[aws.account_id][aws.region])
    keeper.restore()
    for name in TABLE_CHANGES:
        _follow(aws, DynamoDBBackend, name, lambda _, __, *args, **kwargs: keeper.changed(_table(args, kwargs)))
    _follow(
        aws, DynamoDBBackend, "update_item", lambda _, item, *args, **kwargs: keeper.item(_table(args, kwargs), item)
    )
    _follow(aws, Table, "put_item", lambda table, item, *_, **__: keeper.item(table.name, item))
    _follow(aws, Table, "delete_item", lambda table, _, *keys: keeper.changed(table.name, keys))

    def call_action(self: Any) -> Any:
        with keeper.request():
            return original(self)

    original = aws.patch(DynamoHandler, "call_action", call_action)


class Keeper:
    """Follows what changes in moto's DynamoDB and keeps it."""

    def __init__(self, store: Store, backend: Any) -> None:
        self._store = store
        self._backend = backend
        self._turn = threading.RLock()
        self._noted: set[tuple[str, Key | None]] | None = None  # by the request whose turn it is

    def restore(self) -> None:
        """Give moto the tables and items that are kept."""
        from moto.dynamodb.models.table import StreamShard, Table

        for name, document, _ in self._store.all(TABLE):
            table: Any = Table.__new__(Table)
            vars(table).update(decode(document), items=defaultdict(dict), stream_shard=None)
            table.lambda_event_source_mappings = {}
            self._backend.tables[name] = table
        for _, document, _ in self._store.all(ITEM):
            self._backend.tables[document["table"]].put_item(decode(document["attributes"]))
        for table in self._backend.tables.values():
            if table.stream_specification["StreamEnabled"]:
                table.stream_shard = StreamShard(table.account_id, table)

    @contextmanager
    def request(self) -> Iterator[None]:
        """One request, when it is its turn: what it changes inside is kept when it ends, before it is answered."""
        with self._turn:
            self._noted = set()
            try:
                yield
            finally:
                changed, self._noted = self._noted, None
                if changed:
                    self._keep(changed)

    def item(self, table_name: str, item: Any) -> None:
        self.changed(table_name, (item.hash_key, item.range_key))

    def changed(self, table_name: str, key: Key | None = None) -> None:
        """Note that a table, or an item in it, is no longer as it was kept."""
        with self._turn:
            if self._noted is None:
                self._keep({(table_name, key)})  # not by a request: CloudFormation makes tables itself
            else:
                self._noted.add((table_name, key))

    def _keep(self, changed: set[tuple[str, Key | None]]) -> None:
        """Write each as it is now in moto; what is gone there is removed."""
        with self._store.transaction():
            for name in {name for name, key in changed if key is None}:
                self._keep_table(name)
            for name, key in changed:
                if key is not None:
                    self._keep_item(name, key)

    def _keep_table(self, name: str) -> None:
        table = self._backend.tables.get(name)
        if table is not None:
            fields = {field: value for field, value in vars(table).items() if field not in NOT_OF_A_TABLE}
            self._store.put(TABLE, name, encode(fields))
            return
        self._store.delete(TABLE, name)
        for item, document, _ in self._store.all(ITEM):
            if document["table"] == name:
                self._store.delete(ITEM, item)

    def _keep_item(self, table_name: str, key: Key) -> None:
        name = json.dumps([table_name, *(part and encode(part.to_json()) for part in key)])
        table = self._backend.tables.get(table_name)
        item = table and table.get_item(*key)
        if item:
            attributes = encode(item.to_json()["Attributes"])
            self._store.put(ITEM, name, {"table": table_name, "attributes": attributes})
        else:
            self._store.delete(ITEM, name)


def _table(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The name of the table that a call of moto's backend is about; it is given first, by name or ARN."""
    given = args[0] if args else next(kwargs[name] for name in ("name", "table_name", "arn") if name in kwargs)
    return given.rsplit("/", 1)[-1]


def _follow(aws: LocalAws, owner: Any, name: str, note: Callable[..., None]) -> None:
    """Have ``note(self, answer, *arguments)`` called after each call that did not raise."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, *args, **kwargs)
        note(self, answer, *args, **kwargs)
        return answer

    original = aws.patch(owner, name, method)
