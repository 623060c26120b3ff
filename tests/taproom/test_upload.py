"""The folder under which reviews are uploaded."""

from __future__ import annotations

import re

from taproom.upload import reviews_prefix


def test_the_same_file_has_the_same_folder_and_another_file_has_another(tmp_path):
    first, same, other = tmp_path / "a.csv", tmp_path / "copy" / "a.csv", tmp_path / "b" / "a.csv"
    for path, content in ((first, "x"), (same, "x"), (other, "y")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    assert reviews_prefix(first) == reviews_prefix(same) != reviews_prefix(other)


def test_hostile_file_names_become_plain_folders(tmp_path):
    file = tmp_path / "my bäd\n<reviews>.v2.csv.gz"
    file.write_bytes(b"x")
    assert re.fullmatch(r"reviews/my-b-d-reviews-[0-9a-f]{8}/", reviews_prefix(file))
