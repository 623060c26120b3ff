"""An archive is read to its end: what is cut, damaged or empty is found, and in bounded memory."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.model_archive import why_broken

from tests.functions.step_cases import archive

NOISE = random.Random(7).randbytes(3_000)  # which does not compress, so that the archive is long enough to be cut
GOOD = archive({"01/saved_model.pb": NOISE, "01/variables/variables.data": NOISE[::-1]})
HEADER = 10  # bytes of gzip's header, which no checksum covers


def why(body):
    return why_broken(io.BytesIO(body))


@pytest.mark.parametrize("name", ["01/saved_model.pb", "./01/saved_model.pb"])
def test_a_whole_archive_is_not_broken(name):
    assert why(archive(name=name)) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, len(GOOD) - 1))
def test_every_cut_is_found(length):
    assert why(GOOD[:length]) is not None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(HEADER, len(GOOD) - 1), st.integers(1, 255))
def test_every_flipped_byte_behind_the_header_is_found(place, mask):
    damaged = bytearray(GOOD)
    damaged[place] ^= mask
    assert why(bytes(damaged)) is not None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=600))
def test_anything_else_is_broken_too(body):
    assert why(body) is not None
    assert why(gzip.compress(body)) is not None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no tar archive"),
        (b"PK\x03\x04", "no gzip file"),
        (GOOD[: len(GOOD) // 2], "it ends too soon"),
        (GOOD[:-1], "it ends too soon"),
        (gzip.compress(gzip.decompress(GOOD)[:2_000]), "no tar archive, or a damaged one"),
        (archive({"01/variables/x": b"x"}), "no 01/saved_model.pb"),
        (archive({"02/saved_model.pb": b"x"}), "no 01/saved_model.pb"),
        (archive({"01/saved_model.pb": b""}), "01/saved_model.pb is empty"),
        (GOOD + b"trailing", "no gzip file"),
    ],
)
def test_what_is_wrong_is_told(body, words):
    assert words in why(body)


def test_a_folder_of_that_name_is_no_model():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("01/saved_model.pb")
        member.type = tarfile.DIRTYPE
        tar.addfile(member)
    assert "no 01/saved_model.pb" in why(buffer.getvalue())


def test_what_the_stream_raises_is_raised():
    class BreaksOff(io.BytesIO):
        def read(self, size=-1):
            raise TimeoutError("the connection")

    with pytest.raises(TimeoutError, match="the connection"):
        why_broken(BreaksOff())


def test_a_large_archive_takes_little_memory():
    body = archive({"01/saved_model.pb": bytes(16 * 2**20)} | {f"01/{n}": b"x" for n in range(5_000)})
    tracemalloc.start()
    try:
        assert why(body) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 2**20


def test_a_header_larger_than_any_is_not_read_into_memory():
    name = tarfile.TarInfo("name")
    name.type, name.size = tarfile.XHDTYPE, 64 * 2**20
    body = gzip.compress(name.tobuf(tarfile.PAX_FORMAT) + bytes(name.size))
    tracemalloc.start()
    try:
        assert why(body) == "it is no tar archive, or a damaged one: a header of more than 1048576 bytes"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * 2**20
