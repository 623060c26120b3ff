"""The SAM and AWS CLIs as processes: found, kept off other accounts, and heard when they fail."""

from __future__ import annotations

import subprocess
import sys

import pytest

from taproom import deploy_local
from taproom.sam_cli import ToolFailed, tools, why_missing

SCRIPT = """#!/bin/sh
case "$1" in
    json) printf '{"Profile": "%s", "Endpoint": "%s", "Path": "%s"}' "$AWS_PROFILE" "$AWS_ENDPOINT_URL" "${PATH%%:*}" ;;
    text) echo plain ;;
    *) echo "no such command" >&2 && exit 3 ;;
esac
"""


@pytest.fixture
def venv(tmp_path):
    """An environment whose commands are small scripts."""
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("sam", "aws", "python3.12"):
        (folder / name).write_text(SCRIPT)
        (folder / name).chmod(0o755)
    return folder.parent


@pytest.fixture
def cli(venv, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://real.example")
    return tools(tmp_path, "http://127.0.0.1:4566", tmp_path / "aws", venv)


def test_they_see_the_local_aws_alone_and_their_own_python_first(cli, venv):
    assert cli.aws("json") == {"Profile": "", "Endpoint": "http://127.0.0.1:4566", "Path": str(venv / "bin")}
    assert cli.aws("text") == "plain\n"


def test_they_keep_what_they_compiled_and_look_at_a_stack_often(venv, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("SAM_CLI_POLL_DELAY", "30")
    environment = dict(tools(tmp_path, "http://127.0.0.1:4566", tmp_path / "aws", venv).environment)
    question = "import os, sys; print(sys.dont_write_bytecode, os.environ['SAM_CLI_POLL_DELAY'])"
    done = subprocess.run([sys.executable, "-c", question], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False 0.5\n"


def test_a_failure_is_told_with_what_they_said(cli):
    with pytest.raises(ToolFailed, match=r"^aws deploy it ended with 3: no such command$"):
        cli.aws("deploy", "it")
    with pytest.raises(ToolFailed, match=r"^sam deploy ended with 3$"):  # which said it where everybody sees it
        cli.sam("deploy")


@pytest.mark.parametrize(
    ("gone", "words"),
    [("sam", r"requirements/install\.sh sam"), ("aws", r"requirements/install\.sh sam"), ("python3.12", "Python 3.12")],
)
def test_what_is_missing_is_said(venv, tmp_path, gone, words):
    assert why_missing(venv) == ""
    (venv / "bin" / gone).unlink()
    with pytest.raises(ToolFailed, match=words):
        tools(tmp_path, "http://127.0.0.1:4566", tmp_path / "aws", venv)


def test_a_parameter_with_blanks_and_quotes_is_one():
    assert deploy_local.override("Input", '{"a": 1}') == r'Input="{\"a\": 1}"'
    assert deploy_local.override("Rate", "rate(7 days)") == 'Rate="rate(7 days)"'
