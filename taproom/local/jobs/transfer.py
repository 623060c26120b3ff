"""Objects in, objects out: what SageMaker copies between S3 and a job's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

CHUNK = 1 << 20  # bytes
IN_ONE_PIECE = 8 << 20  # bytes; what is larger goes out in parts


class TransferError(RuntimeError):
    """The job's data could not be brought in or out; becomes its FailureReason."""


class NothingFound(TransferError):
    """There is no object under the given URI."""


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise TransferError(f"{uri!r} is no S3 URI")
    return parts.netloc, parts.path.lstrip("/")


def download(s3: Any, uri: str, kind: str, target: Path) -> int:
    """Bring what ``uri`` names (an S3Prefix or a ManifestFile) into the folder ``target``; returns how many objects."""
    target.mkdir(parents=True, exist_ok=True)
    objects = _listed(s3, uri) if kind == "S3Prefix" else _in_manifest(s3, uri)
    if not objects:
        raise NothingFound(f"Data download failed: no S3 objects found under S3 URL {uri!r} given in input data source")
    for bucket, key, name in objects:
        path = _inside(target, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _fetch(s3, bucket, key, path)
        except OSError as error:  # a name too long, or one that is both a file's and a folder's
            raise TransferError(f"Data download failed: object name {name!r}: {error.strerror}") from error
    return len(objects)


def upload(s3: Any, folder: Path, uri: str) -> int:
    """Put every file below ``folder`` under ``uri``; returns how many there were."""
    bucket, prefix = split_uri(uri)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()] if folder.exists() else []
    for path in files:
        upload_file(s3, path, f"s3://{bucket}/{PurePosixPath(prefix) / path.relative_to(folder).as_posix()}")
    return len(files)


def upload_file(s3: Any, path: Path, uri: str) -> None:
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    try:
        if path.stat().st_size <= IN_ONE_PIECE:
            with path.open("rb") as file:
                s3.put_object(Bucket=bucket, Key=key, Body=file)
        else:
            s3.upload_file(str(path), bucket, key)
    except (ClientError, S3UploadFailedError) as error:
        raise TransferError(f"Data upload failed: {path.name} to {uri}: {error}") from error


def _listed(s3: Any, uri: str) -> list[tuple[str, str, str]]:
    """(bucket, key, name in the folder) of what lies under a prefix; the name starts after the prefix's last slash."""
    from botocore.exceptions import ClientError

    bucket, prefix = split_uri(uri)
    cut = prefix.rfind("/") + 1
    try:
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix))
    except ClientError as error:
        raise TransferError(f"Data download failed: {uri}: {error}") from error
    keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    return [(bucket, key, key[cut:]) for key in keys if not key.endswith("/")]


def _in_manifest(s3: Any, uri: str) -> list[tuple[str, str, str]]:
    """The same for a manifest: a JSON list of one {"prefix": ...} and names relative to it."""
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    try:
        head, *names = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        prefix = head["prefix"]
    except ClientError as error:
        raise TransferError(f"Data download failed: manifest {uri}: {error}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise TransferError(f"Data download failed: {uri} is no SageMaker manifest: {error!r}") from error
    data_bucket, data_prefix = split_uri(prefix)
    return [(data_bucket, data_prefix + name, name) for name in names]


def _inside(folder: Path, name: str) -> Path:
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError) as error:  # too long for a path, a NUL in it
        raise TransferError(f"Data download failed: object name {name!r} is none of a file") from error
    if not path.is_relative_to(folder.resolve()) or path == folder.resolve():
        raise TransferError(f"Data download failed: object name {name!r} points out of its folder")
    return path


def _fetch(s3: Any, bucket: str, key: str, path: Path) -> None:
    from botocore.exceptions import ClientError

    # not download_file: it asks twice, and makes a pool of threads for every object
    try:
        with s3.get_object(Bucket=bucket, Key=key)["Body"] as body, path.open("wb") as file:
            shutil.copyfileobj(body, file, CHUNK)
    except ClientError as error:
        raise TransferError(f"Data download failed: s3://{bucket}/{key}: {error}") from error
