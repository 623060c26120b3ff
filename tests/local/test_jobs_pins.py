"""requirements.txt of a training job: what counts as satisfied here."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from taproom.local.jobs.pins import missing_pins

PYTEST = version("pytest")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", []),
        (f"pytest=={PYTEST}", []),
        (f"PyTest >= 1, <= {PYTEST}  # a comment", []),
        (f"pytest=={PYTEST} \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n", []),
        ("--find-links wheelhouse\n-r more.txt\n# nothing\n\n", []),
        ("no-such-package==1 ; python_version < '3'", []),
        ("no-such-package==1 --hash=sha256:00", ["no-such-package==1"]),
        ("pytest==0.1", [f"pytest==0.1 (installed: {PYTEST})"]),
        ("./wheels/own.whl", ["./wheels/own.whl (not a name and version)"]),
    ],
)
def test_what_is_missing(tmp_path, text, missing):
    file = tmp_path / "requirements.txt"
    file.write_text(text)
    assert missing_pins(file) == missing


def test_no_file_asks_for_nothing(tmp_path):
    assert missing_pins(tmp_path / "requirements.txt") == []
