"""Artifacts of versions: fetched once, anew when replaced, whole or not at all, and never out of their folder."""

from __future__ import annotations

import gzip
import io
import os
import tarfile

import pytest

from taproom.recommend.artifacts import ABANDONED, ArtifactCache, unpack
from taproom.recommend.errors import ModelUnusable
from taproom.registry.version import version_of


def archive(*members):
    """model.tar.gz of (name, content) pairs, or of TarInfos."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))
    return buffer.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


MODEL = ("01/saved_model.pb", b"model")


@pytest.fixture
def cache(tmp_path):
    return ArtifactCache(tmp_path / "cache")


@pytest.fixture
def version(registered):
    def made(artifact):
        return version_of("retrieval", registered.described(registered.add(artifact=artifact)))

    return made


def test_an_artifact_is_fetched_once(registered, version, cache, tmp_path):
    one = version(archive(MODEL, ("01/assets.extra/items.parquet", b"items")))
    gets = []
    s3 = registered.aws.session.client_of("s3", registered.aws.endpoint_url)
    s3.meta.events.register("before-call.s3.GetObject", lambda **_: gets.append(1))
    folder = cache.fetch(s3, one)
    assert (folder / "saved_model.pb").read_bytes() == b"model"
    assert (folder / "assets.extra" / "items.parquet").read_bytes() == b"items"
    assert cache.fetch(s3, one) == folder
    assert len(gets) == 1
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_an_artifact_that_was_replaced_is_fetched_anew(registered, version, cache):
    one = version(archive(MODEL))
    before = cache.fetch(registered.s3, one)
    registered.put("runs/run-1/models/retrieval/job/output/model.tar.gz", archive(("01/saved_model.pb", b"other")))
    after = cache.fetch(registered.s3, one)
    assert before != after
    assert (after / "saved_model.pb").read_bytes() == b"other"


def test_what_cannot_be_unpacked_leaves_nothing(registered, version, cache, tmp_path):
    with pytest.raises(ModelUnusable, match="artifact of retrieval version 1 cannot be unpacked"):
        cache.fetch(registered.s3, version(archive(MODEL)[:-20]))
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_artifact_that_is_gone_is_named(registered, version, cache):
    one = version(archive(MODEL))
    registered.s3.delete_object(Bucket="taproom-data-123456789012", Key=one.artifact_uri.split("/", 3)[3])
    with pytest.raises(ModelUnusable, match=r"artifact of retrieval version 1 is gone: s3://.*model\.tar\.gz"):
        cache.fetch(registered.s3, one)


def test_what_a_killed_command_left_is_removed_but_not_what_is_under_way(registered, version, cache, tmp_path):
    old, young = (tmp_path / "cache" / f"partial-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    then = old.stat().st_mtime - ABANDONED - 60
    os.utime(old, (then, then))
    cache.fetch(registered.s3, version(archive(MODEL)))
    assert not old.exists()
    assert young.exists()


def large_header():
    """An archive that tells of a name of 3 MiB."""
    name = tarfile.TarInfo("name")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 3 * 2**20
    return gzip.compress(name.tobuf(tarfile.GNU_FORMAT) + bytes(3 * 2**20))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (archive(MODEL, ("../evil", b"x")), "leads out of its folder"),
        (archive(MODEL, ("/tmp/evil", b"x")), "leads out of its folder"),
        (archive(MODEL, ("01/../../evil", b"x")), "leads out of its folder"),
        (archive(MODEL, link("01/link", "/etc/passwd")), "neither a file nor a folder"),
        (archive(MODEL, link("01/link", "01/saved_model.pb", tarfile.LNKTYPE)), "neither a file nor a folder"),
        (archive(MODEL, link("01/pipe", "", tarfile.FIFOTYPE)), "neither a file nor a folder"),
        (archive(MODEL, ("./01/saved_model.pb", b"y")), "holds './01/saved_model.pb' twice"),
        (large_header(), "a header of more than 1048576 bytes"),
        (archive(("02/saved_model.pb", b"x")), "holds no 01/saved_model.pb"),
        (archive(MODEL, ("01/large", bytes(101))), "more than 100 bytes"),
        (archive(MODEL, *((f"01/{number}", b"") for number in range(5))), "or 5 files"),
        (archive(("01", b"x"), MODEL), "cannot be unpacked: .*Not a directory"),
        (archive(("x" * 300, b"x"), MODEL), "cannot be unpacked: .*File name too long"),
        (b"", "cannot be unpacked"),
        (b"no archive", "cannot be unpacked"),
    ],
)
def test_an_unsafe_or_damaged_archive_is_refused(tmp_path, content, told):
    file, target = tmp_path / "model.tar.gz", tmp_path / "target"
    file.write_bytes(content)
    target.mkdir()
    with pytest.raises(ModelUnusable, match=told):
        unpack(file, target, "retrieval version 1", max_bytes=100, max_members=5)
    assert not (tmp_path / "evil").exists()
