"""model.tar.gz is unpacked as if a stranger had made it."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc

import numpy as np
import pytest

from contract.artifact import ArtifactError, find_archive, unpack


def archive(path, *members):
    """Write a tar.gz of (TarInfo or name, content) pairs."""
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_a_model_is_unpacked_and_its_folder_returned(tmp_path):
    path = archive(tmp_path / "model.tar.gz", ("./01/saved_model.pb", b"x"), ("01/variables/v.index", b"yz"))
    folder = unpack(path, tmp_path / "model")
    assert folder == tmp_path / "model" / "01"
    assert (folder / "variables" / "v.index").read_bytes() == b"yz"


@pytest.mark.parametrize(
    ("member", "part"),
    [
        ("/tmp/evil", "leads out"),
        ("../evil", "leads out"),
        ("01/../../evil", "leads out"),
        (special("01/link", tarfile.SYMTYPE, "/etc/passwd"), "neither a file nor a folder"),
        (special("01/link", tarfile.LNKTYPE, "../../etc/passwd"), "neither a file nor a folder"),
        (special("01/pipe", tarfile.FIFOTYPE), "neither a file nor a folder"),
        (special("01/disk", tarfile.BLKTYPE), "neither a file nor a folder"),
    ],
)
def test_what_leads_out_of_the_folder_is_refused(tmp_path, member, part):
    path = archive(tmp_path / "model.tar.gz", ("01/saved_model.pb", b"x"), (member, b""))
    with pytest.raises(ArtifactError, match=part):
        unpack(path, tmp_path / "model")
    assert not (tmp_path / "evil").exists()


def test_size_and_number_of_files_are_bounded(tmp_path):
    path = archive(tmp_path / "model.tar.gz", ("01/saved_model.pb", b"x" * 600), ("01/more", b"x" * 600))
    with pytest.raises(ArtifactError, match="more than 1000 bytes"):
        unpack(path, tmp_path / "a", max_bytes=1000)
    with pytest.raises(ArtifactError, match="1 files"):
        unpack(path, tmp_path / "b", max_members=1)


def test_missing_damaged_and_empty_archives_are_told_apart(tmp_path):
    with pytest.raises(ArtifactError, match="no such file"):
        find_archive(tmp_path / "nowhere")
    (tmp_path / "other.txt").touch()
    with pytest.raises(ArtifactError, match=r"no model\.tar\.gz.*other\.txt"):
        find_archive(tmp_path)
    damaged = tmp_path / "model.tar.gz"
    damaged.write_bytes(b"this is no archive")
    with pytest.raises(ArtifactError, match="cannot be unpacked"):
        unpack(find_archive(tmp_path), tmp_path / "a")
    archive(damaged, ("02/saved_model.pb", b"x"))
    with pytest.raises(ArtifactError, match=r"holds no 01/saved_model\.pb: found 02"):
        unpack(damaged, tmp_path / "b")


def test_one_changed_byte_is_a_damaged_archive(tmp_path):
    """Content that does not compress is stored as it is: only the checksum at the end tells that it was changed."""
    content = np.random.default_rng(1).bytes(10_000)
    path = archive(tmp_path / "model.tar.gz", ("01/saved_model.pb", content))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ArtifactError, match="cannot be unpacked"):
        unpack(path, tmp_path / "model")


def test_what_follows_the_last_file_is_bounded(tmp_path):
    path = archive(tmp_path / "model.tar.gz", ("01/saved_model.pb", b"x"))
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + bytes(3 * 2**20)))
    with pytest.raises(ArtifactError, match="after its last file"):
        unpack(path, tmp_path / "model")


def with_header(path, size):
    """An archive that says of a file's name, as PAX does, that it takes ``size`` bytes; they are all there, packed."""
    name = tarfile.TarInfo("name")
    name.type, name.size = tarfile.XHDTYPE, size
    with gzip.open(path, "wb") as stream:
        stream.write(name.tobuf(tarfile.PAX_FORMAT))
        for _ in range(size >> 20):
            stream.write(bytes(2**20))
    return path


def test_a_header_larger_than_any_is_not_read_into_memory(tmp_path):
    path = with_header(tmp_path / "model.tar.gz", 64 * 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(ArtifactError, match="a header of more than"):
            unpack(path, tmp_path / "model")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20


@pytest.mark.parametrize("again", ["01/saved_model.pb", "./01/saved_model.pb", "01//saved_model.pb"])
def test_a_file_that_is_there_twice_is_refused(tmp_path, again):
    """One reader would take the first, another the last."""
    path = archive(tmp_path / "model.tar.gz", ("01/saved_model.pb", b"x"), (again, b"y"))
    with pytest.raises(ArtifactError, match="twice"):
        unpack(path, tmp_path / "model")
