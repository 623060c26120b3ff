"""What a local AWS keeps from one start to the next: buckets and objects, the model registry, tables and items.

store.py                                 documents by kind and name, in one SQLite file
blobs.py                                 objects' bytes, in files named by their content
encoding.py                              moto's models as JSON and back
s3.py, model_registry.py, dynamodb.py    what each service keeps, and how it is put back
s3_expiry.py                             objects that a bucket's lifecycle rules have removed in the meantime

moto's own state stays what is served. A service's module writes what a request changed before the request is answered,
and at the next start makes moto's state from what it finds. A further service is one further module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    """Open the store below ``aws.root``, give moto back what was kept there, and keep what changes from now on."""
    from taproom.local.durable import dynamodb, model_registry, s3
    from taproom.local.durable.store import Store

    aws.store = store = Store(aws.root / "store")
    aws.on_stop(store.close)
    s3.install(aws, store)
    model_registry.install(aws, store)
    dynamodb.install(aws, store)
