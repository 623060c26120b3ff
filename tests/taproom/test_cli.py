"""What the command refuses before it starts anything."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from taproom.cli import taproom


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--sample-size", "0"], "--sample-size"),
        (["--reviews", "no-such-file.csv"], "no-such-file.csv"),
        (["--input", "no-such-file.json"], "no-such-file.json"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, named):
    result = CliRunner().invoke(taproom, ["run", *arguments])
    assert result.exit_code == 2
    assert named in result.output
