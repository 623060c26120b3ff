"""The `taproom` command on a local AWS, in this process."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from taproom.cli import taproom
from taproom.local.aws import LocalAws
from tests.taproom.registered import Registered


class Command:
    """Calls `taproom` on the local AWS ``aws``; answers click's result."""

    def __init__(self, aws: LocalAws) -> None:
        self._place = ["--endpoint-url", aws.endpoint_url, "--region", aws.region, "--work", str(aws.root.parent)]

    def __call__(self, name, *arguments):
        return CliRunner().invoke(taproom, [name, *self._place, *arguments])

    def succeeds(self, name, *arguments):
        result = self(name, *arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, name, *arguments):
        return json.loads(self.succeeds(name, "--json", *arguments))

    def fails(self, name, *arguments, code=1):
        """What it says on standard error: one line, and no traceback."""
        result = self(name, *arguments)
        assert result.exit_code == code, result.output
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        if code == 1:
            assert result.stderr.startswith("Error: ")
            assert result.stderr.count("\n") == 1
        return result.stderr


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("work") / "aws") as aws:
        yield aws


@pytest.fixture
def registered(local_aws):
    """An empty registry."""
    registered = Registered(local_aws)
    yield registered
    registered.delete_all()


@pytest.fixture
def command(local_aws):
    return Command(local_aws)
