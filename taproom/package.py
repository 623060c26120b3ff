"""What `sam build` and `sam package` do: pack the folders of functions and layers, upload what a template refers to.

Reproducible: the same content gives the same zip, the same key and so the same template. pip is not asked, as it is by
`sam build`: a layer of packages holds its requirements.txt alone, and the local runtime has the packages.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

import yaml

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
LEFT_OUT = {"__pycache__", ".git", ".DS_Store", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
Upload = Callable[[str, bytes], str]  # (key, content) -> s3:// URI


class PackagingFailed(ValueError):
    """A template refers to something that cannot be packed."""


def packaged(template: Path, upload: Upload) -> dict[str, Any]:
    """The template as a document whose local paths were uploaded and replaced by s3:// URIs."""
    document = load_template(template)
    folder = template.resolve().parent
    defaults = (document.get("Globals") or {}).get("Function") or {}
    uris: dict[Path, str] = {}

    def packed(path: Path, logical_id: str, key: str = "CodeUri") -> str:
        if path not in uris:
            if not path.is_dir():
                raise PackagingFailed(f"{logical_id}: {key} {path} is no folder")
            content = zipped(path)
            uris[path] = upload(f"code/{digest(content)}.zip", content)
        return uris[path]

    for logical_id, resource in document["Resources"].items():
        properties = resource["Properties"] = resource.get("Properties") or {}
        if resource["Type"] == "AWS::Serverless::Function" and "InlineCode" not in properties:
            uri = properties.get("CodeUri", defaults.get("CodeUri"))
            if is_local(uri):
                properties["CodeUri"] = packed((folder / uri).resolve(), logical_id)
        elif resource["Type"] == "AWS::Serverless::LayerVersion" and is_local(uri := properties.get("ContentUri")):
            properties["ContentUri"] = packed((folder / uri).resolve(), logical_id, "ContentUri")
        elif resource["Type"] == "AWS::Serverless::StateMachine" and is_local(properties.get("DefinitionUri")):
            definition = folder / properties["DefinitionUri"]
            if not definition.is_file():
                raise PackagingFailed(f"{logical_id}: DefinitionUri {definition} is no file")
            content = definition.read_bytes()
            properties["DefinitionUri"] = upload(f"definition/{digest(content)}{definition.suffix}", content)
    if is_local(defaults.get("CodeUri")):
        del defaults["CodeUri"]  # each function has its own by now
    return document


def is_local(uri: Any) -> TypeGuard[str]:
    """Whether a URI of a template names something on this disk."""
    return isinstance(uri, str) and not uri.startswith(("s3://", "https://"))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def zipped(folder: Path) -> bytes:
    """A folder as a zip, links followed: sorted, without times, owners or caches."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(files(folder)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = (0o100755 if os.access(file, os.X_OK) else 0o100644) << 16
            archive.writestr(entry, file.read_bytes())
    return buffer.getvalue()


def files(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Every file under a folder with its name in the zip."""
    for path in folder.iterdir():
        if path.name in LEFT_OUT or path.suffix == ".pyc":
            continue
        if path.is_dir():
            yield from files(path, f"{prefix}{path.name}/")
        else:
            yield f"{prefix}{path.name}", path


def load_template(template: Path) -> dict[str, Any]:
    """A CloudFormation template, its short forms (``!Ref``, ``!Sub``, ...) as their long ones."""
    try:
        document = yaml.load(template.read_text(encoding="utf-8"), Loader=_Loader)
    except (OSError, yaml.YAMLError) as error:
        raise PackagingFailed(f"{template} cannot be read: {error}") from error
    if not isinstance(document, dict) or "Resources" not in document:
        raise PackagingFailed(f"{template} is no template: it has no Resources")
    return document


def as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags; dates (a policy's Version) stay texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]  # a node is one of the three
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)
