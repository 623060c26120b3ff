"""S3: buckets with their configuration, and the current version of each object.

What one request changed is written in one transaction before it is answered. Older versions of objects are readable as
long as this process lives; multipart uploads that were not completed are forgotten.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from taproom.local.durable.blobs import Blob
from taproom.local.durable.encoding import decode, encode
from taproom.local.durable.s3_expiry import is_expired
from taproom.local.durable.store import Store

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

BUCKET, OBJECT = "s3.bucket", "s3.object"
# methods of moto's backend by what they change: (bucket name, ...), (bucket name, key name, ...), (key, ...)
BUCKET_CHANGES = re.compile(r"(create|put|delete)_(bucket|public_access_block)\w*|put_object_lock_configuration")
OBJECT_CHANGES = re.compile(r"put_object|put_object_(acl|legal_hold|retention)|delete_object|delete_object_tagging")
TAG_CHANGES = re.compile(r"put_object_tagging")
NOT_OF_A_BUCKET = {"keys", "multiparts", "cf_resource_type", "logical_resource_id"}
OF_AN_OBJECT = (
    "acl",
    "bucket_key_enabled",
    "checksum_algorithm",
    "checksum_parts",
    "checksum_type",
    "checksum_value",
    "encryption",
    "kms_key_id",
    "last_modified",
    "lock_legal_status",
    "lock_mode",
    "lock_until",
    "website_redirect_location",
    "_etag",
    "_expiry",
    "_is_versioned",
    "_storage_class",
    "_version_id",
)


def install(aws: LocalAws, store: Store) -> None:
    from moto.s3.models import S3Backend, s3_backends
    from moto.s3.responses import S3Response

    _keep_contents_as_blobs(aws, store)
    keeper = Keeper(store, s3_backends[aws.account_id]["aws"])
    keeper.restore(aws.clock.now())
    for name in list(vars(S3Backend)):
        if BUCKET_CHANGES.fullmatch(name):
            _follow(aws, S3Backend, name, lambda bucket_name, *_, **__: keeper.changed(bucket_name))
        elif OBJECT_CHANGES.fullmatch(name):
            _follow(aws, S3Backend, name, lambda bucket_name, key_name, *_, **__: keeper.changed(bucket_name, key_name))
        elif TAG_CHANGES.fullmatch(name):
            _follow(aws, S3Backend, name, lambda key, *_, **__: keeper.changed(key.bucket_name, key.name))
    for name in ("bucket_response", "key_response"):
        _keep_before_the_answer(aws, S3Response, name, keeper)


class Keeper:
    """Follows what changes in moto's S3 and keeps it."""

    def __init__(self, store: Store, backend: Any) -> None:
        self._store = store
        self._backend = backend
        self._request = threading.local()  # .changed: what the request on this thread has changed so far

    def restore(self, now: datetime) -> None:
        """Give moto the buckets and objects that are kept; contents stay where they are until they are read.

        Objects that expired since are removed.
        """
        from moto.s3.models import FakeBucket, FakeKey

        backend = self._backend
        for name, document, _ in self._store.all(BUCKET):
            # abstract by its types alone: moto makes it in the same way
            bucket = FakeBucket(name, backend.account_id, document["region_name"])  # type: ignore[abstract]
            vars(bucket).update(decode(document["fields"]))
            backend.buckets[name] = bucket
            backend.tagger.tag_resource(bucket.arn, document["tags"])
        for name, document, digest in self._store.all(OBJECT):
            assert digest is not None
            bucket, fields = backend.buckets[document["bucket"]], decode(document["fields"])
            if is_expired(bucket.rules, document["key"], fields["last_modified"], now):
                self._store.delete(OBJECT, name)
                continue
            key = FakeKey(
                document["key"],
                self._store.blobs.blob(digest),  # type: ignore[arg-type]  # set_value below knows it
                backend.account_id,
                backend.region_name,
                bucket_name=bucket.name,
            )
            vars(key).update(fields)
            key.set_metadata(document["metadata"])
            bucket.keys[key.name] = key
            backend.tagger.tag_resource(key.arn, document["tags"])

    def changed(self, bucket_name: str, key_name: str | None = None) -> None:
        """Note that a bucket, or an object in it, is no longer as it was kept."""
        noted = getattr(self._request, "changed", None)
        if noted is None:
            self._keep({(bucket_name, key_name)})  # moto itself changed it, outside of any request
        else:
            noted.add((bucket_name, key_name))

    @contextmanager
    def request(self) -> Iterator[None]:
        """One request: what it changes inside is kept when it ends, before it is answered."""
        if getattr(self._request, "changed", None) is not None:
            yield
            return
        self._request.changed = set()
        try:
            yield
        finally:
            changed, self._request.changed = self._request.changed, None
            if changed:
                self._keep(changed)

    def _keep(self, changed: set[tuple[str, str | None]]) -> None:
        """Write each as it is now in moto; what is gone there is removed."""
        with self._store.transaction():
            for bucket_name, key_name in sorted(changed, key=lambda one: (one[0], one[1] or "")):
                bucket = self._backend.buckets.get(bucket_name)
                if key_name is None:
                    self._keep_bucket(bucket_name, bucket)
                else:
                    self._keep_object(bucket_name, key_name, bucket.keys.get(key_name) if bucket else None)

    def _keep_bucket(self, name: str, bucket: Any) -> None:
        if bucket is None:
            self._store.delete(BUCKET, name)
            return
        fields = {field: value for field, value in vars(bucket).items() if field not in NOT_OF_A_BUCKET}
        document = {"region_name": bucket.region_name, "fields": encode(fields), "tags": self._tags(bucket)}
        self._store.put(BUCKET, name, document)

    def _keep_object(self, bucket_name: str, key_name: str, key: Any) -> None:
        name = f"{bucket_name}/{key_name}"
        if not isinstance(getattr(key, "_value_buffer", None), Blob):  # none, or a delete marker
            self._store.delete(OBJECT, name)
            return
        key.etag  # noqa: B018 - computed when first asked for
        document = {
            "bucket": bucket_name,
            "key": key_name,
            "fields": {field: encode(getattr(key, field)) for field in OF_AN_OBJECT},
            "metadata": dict(key.metadata),
            "tags": self._tags(key),
        }
        self._store.put(OBJECT, name, document, key._value_buffer.digest)

    def _tags(self, tagged: Any) -> list[dict[str, str]]:
        return self._backend.tagger.list_tags_for_resource(tagged.arn)["Tags"]


def _follow(aws: LocalAws, owner: Any, name: str, note: Callable[..., None]) -> None:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(self, *args, **kwargs)
        note(*args, **kwargs)
        return answer

    original = aws.patch(owner, name, method)


def _keep_before_the_answer(aws: LocalAws, owner: Any, name: str, keeper: Keeper) -> None:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with keeper.request():
            return original(self, *args, **kwargs)

    original = aws.patch(owner, name, method)


def _keep_contents_as_blobs(aws: LocalAws, store: Store) -> None:
    """An object's content goes to its file first, and moto reads it from there: it is in no second place."""
    from moto.s3.models import FakeKey, S3Backend

    def put_object(self: Any, bucket_name: str, key_name: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        self.get_bucket(bucket_name)  # raises when there is none
        content = value.encode() if isinstance(value, str) else value
        return original_put(self, bucket_name, key_name, store.blobs.write(content), *args, **kwargs)

    def set_value(self: Any, value: Any) -> None:
        if not isinstance(value, Blob):  # a part of a multipart upload
            original_value.fset(self, value)
            return
        self._value_buffer.close()
        self._value_buffer = value
        self.contentsize = value.size

    def complete_multipart_upload(self: Any, *args: Any, **kwargs: Any) -> Any:
        key = original_complete(self, *args, **kwargs)
        if key is not None and key.multipart is not None:
            key.multipart.dispose()  # the parts: they would stay in memory as long as the object
            key.multipart = None
        return key

    original_value: Any = FakeKey.value  # a property
    aws.patch(FakeKey, "value", property(original_value.fget, set_value))
    original_put = aws.patch(S3Backend, "put_object", put_object)
    original_complete = aws.patch(S3Backend, "complete_multipart_upload", complete_multipart_upload)
