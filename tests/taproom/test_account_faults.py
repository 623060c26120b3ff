"""What can be expected to go wrong on the way to AWS: one line, an exit code of 1, no traceback."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from taproom.cli import taproom

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def nobody(tmp_path, monkeypatch):
    """No credentials, no configuration, no second try."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def somebody(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def told(*arguments):
    result = CliRunner().invoke(taproom, ["versions", *arguments])
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def refusing(code, message, port=0):
    """A server that answers every request with an error of AWS's JSON protocol."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.dumps({"__type": code, "message": message}).encode()
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDeniedException", "have the permission given"),
        ("ExpiredTokenException", "the credentials have expired"),
        ("UnrecognizedClientException", "AWS does not know the credentials"),
        ("ThrottlingException", "Try again later"),
        ("InternalFailure", "AWS refused DescribeModelPackageGroup"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(somebody, code, advice):
    server = refusing(code, "not you\n\x1b[31mtoday")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        line = told("--endpoint-url", f"http://127.0.0.1:{server.server_port}", "--region", "us-east-1")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert advice in line
    assert code in line
    assert "not you\\n\\x1b[31mtoday" in line


def test_no_credentials():
    line = told("--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9")
    assert "no credentials for AWS" in line
    assert "--profile" in line


def test_an_endpoint_that_is_not_there(somebody):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        line = told("--region", "us-east-1", "--endpoint-url", url)
    assert "AWS cannot be reached" in line
    assert url in line


def test_an_unknown_profile():
    assert "The config profile (nobody) could not be found" in told("--profile", "nobody")


def test_no_region(somebody):
    assert "--region" in told("--endpoint-url", "http://127.0.0.1:9")


def test_a_region_that_is_none(somebody):
    assert "no such" in told("--region", "no such")


def test_a_store_that_cannot_be_read(tmp_path):
    folder = tmp_path / "aws"
    for file in ("store", "durable"):
        (folder / file).mkdir(parents=True)
        (folder / file / "documents.sqlite").write_bytes(b"no database" * 100)
    assert "documents.sqlite" in told("--work", str(tmp_path))


def test_help_needs_neither_boto3_nor_moto_nor_tensorflow():
    program = (
        "import sys, runpy\n"
        "sys.argv = ['taproom', sys.argv[1], '--help']\n"
        "try:\n    runpy.run_module('taproom', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "found = {name.split('.')[0] for name in sys.modules} & {'boto3', 'botocore', 'moto', 'tensorflow', 'rich'}\n"
        "assert not found, found\n"
    )
    for command in ("run", "versions", "show", "diff", "approve", "reject", "rollback", "recommend"):
        command_line = [sys.executable, "-c", program, command]
        run = subprocess.run(command_line, cwd=PROJECT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert "Usage: taproom" in run.stdout
