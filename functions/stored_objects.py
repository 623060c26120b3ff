"""Which objects there are in S3, asked for in as few calls as can be."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from aws import client
from botocore.exceptions import ClientError
from read_object import MISSING, read_object
from rules.cached_step import Input
from rules.common_folder import common_folder
from rules.input_manifest import SIZE_LIMIT, named_in
from rules.reviews import StoredObject
from rules.s3_uri import S3Uri, parse_s3_uri
from rules.wording import clipped, shown

FEW = 10  # objects that are asked for one by one; of more, their folder is listed, a thousand in a call


class InputMissing(ValueError):
    """An input of a step is not there."""


def list_objects(place: S3Uri) -> Iterator[StoredObject]:
    """Everything whose key begins with the place's."""
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key):
        for found in page.get("Contents", ()):
            yield StoredObject(found["Key"], found["ETag"].strip('"'), found["Size"])


def find_object(place: S3Uri) -> StoredObject | None:
    """The object at the place; None if there is none."""
    try:
        found = client("s3").head_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return None
        raise
    return StoredObject(place.key, found["ETag"].strip('"'), found["ContentLength"])


def find_objects(bucket: str, keys: Collection[str]) -> dict[str, StoredObject]:
    """Those of the ``keys`` that there are, by key."""
    if len(keys) <= FEW:
        asked = (find_object(S3Uri(bucket, key)) for key in keys)
        return {one.key: one for one in asked if one is not None}
    wanted = frozenset(keys)
    return {one.key: one for one in list_objects(S3Uri(bucket, common_folder(keys))) if one.key in wanted}


def read_input(one: Input) -> list[StoredObject]:
    """The objects that a job gets by an input. Raises InputMissing where one that is named is not there, or none is."""
    place = parse_s3_uri(one.uri)
    if one.type == "ManifestFile":
        named = named_in(read_object(place, SIZE_LIMIT), one.uri)
        bucket, keys = (named[0].bucket if named else place.bucket), [each.key for each in named]
    elif place.key.endswith("/"):
        return _something(one, list(list_objects(place)))
    else:
        bucket, keys = place.bucket, [place.key]
    found = find_objects(bucket, keys)
    for key in keys:
        if key not in found:
            raise InputMissing(clipped(f"{one.name}: s3://{bucket}/{shown(key, 600)[1:-1]} is missing"))
    return _something(one, [found[key] for key in keys])


def _something(one: Input, found: list[StoredObject]) -> list[StoredObject]:
    if not found:
        raise InputMissing(f"{one.name}: there is nothing at {one.uri}")
    return found
