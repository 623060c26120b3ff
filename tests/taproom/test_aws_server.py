"""`taproom aws`: a local AWS that stays, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import boto3
import pytest
from click.testing import CliRunner

from taproom.aws_server import ServerFault, found_or_started, running, start, stop
from taproom.cli import taproom
from taproom.local.aws import LocalAws
from tests.local.other_process import PROJECT
from tests.local.trap import Trap, trapped


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running server, and its folder as ``--work``."""
    work = tmp_path_factory.mktemp("work")
    server = start(work, port=0)
    yield server, work
    stop(work / "aws")


def says(*arguments):
    result = CliRunner().invoke(taproom, ["aws", *map(str, arguments)])
    return result.exit_code, result.output


def test_it_is_found_and_answers(server):
    found, work = server
    assert running(work / "aws") == found
    assert found.is_server
    assert found_or_started(work, port=0) == found
    client = boto3.client(
        "sts",
        endpoint_url=found.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    assert client.get_caller_identity()["Account"] == "123456789012"


def test_it_prints_its_endpoint_and_how_to_lead_others_there(server):
    found, work = server
    printed = (work / "aws-server.log").read_text()
    assert f"Local AWS at {found.endpoint_url}" in printed
    assert f"    export AWS_ENDPOINT_URL={found.endpoint_url}\n    " in printed
    code, lines = says("env", "--work", work)
    assert code == 0
    assert f"export AWS_ENDPOINT_URL={found.endpoint_url}\n" in lines
    assert "export AWS_ACCESS_KEY_ID=local\n" in lines


def test_other_commands_find_it_by_themselves(server):
    found, work = server
    client = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local").client(
        "sagemaker", endpoint_url=found.endpoint_url, region_name="us-east-1"
    )
    client.create_model_package_group(ModelPackageGroupName="taproom-retrieval")
    result = CliRunner().invoke(taproom, ["versions", "--work", str(work), "--json"])
    assert result.exit_code == 0, result.output
    assert running(work / "aws") == found


def test_no_setting_of_the_user_leads_them_elsewhere(server, monkeypatch, tmp_path):
    _, work = server
    bait = tmp_path / "bait"
    with trapped() as trap:
        (tmp_path / "config").write_text(f"[profile real]\nendpoint_url = {trap}\ncredential_process = touch {bait}\n")
        for name in (
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_SAGEMAKER",
            "AWS_ENDPOINT_URL_SFN",
            "HTTP_PROXY",
            "ALL_PROXY",
        ):
            monkeypatch.setenv(name, trap)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "config"))
        monkeypatch.setenv("AWS_PROFILE", "real")
        monkeypatch.setenv("AWS_REGION", "eu-west-3")
        for command in (["versions"], ["show", "champion"], ["recommend", "somebody"], ["redrive", "latest"]):
            result = CliRunner().invoke(taproom, [*command, "--work", str(work)])
            assert "Error" in result.output or result.exit_code == 0, result.output
            assert isinstance(result.exception, SystemExit | None), result.exception
        started_beside = start(tmp_path / "work", port=0)
        assert stop(tmp_path / "work" / "aws")
        assert started_beside.is_server
        assert Trap.visits == []
    assert not bait.exists()


def test_a_second_one_is_refused_and_told_of_the_first(server):
    found, work = server
    code, said = says("up", "--work", work)
    assert code == 1
    assert f"running already, at {found.endpoint_url} (process {found.pid})" in said
    assert "taproom aws down ends it" in said


def test_a_port_that_is_taken_is_said_so(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServerFault, match=f"port {port} cannot be used: Address already in use"):
            start(tmp_path, port)
    assert running(tmp_path / "aws") is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_polite_kill_end_it_cleanly(tmp_path, number):
    command = [sys.executable, "-m", "taproom", "aws", "up", "--port", "0", "--work", str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("Local AWS at http://127.0.0.1:")
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert rest.endswith("Ending: executions and jobs that are under way are stopped.\n")
    assert running(tmp_path / "aws") is None
    assert not (tmp_path / "aws" / "server.json").exists()


def test_down_ends_it_and_then_there_is_none(tmp_path):
    server = start(tmp_path, port=0)
    assert says("down", "--work", tmp_path) == (0, "Ended.\n")
    with pytest.raises(ProcessLookupError):
        os.kill(os.waitpid(server.pid, 0)[0], 0)
    assert says("down", "--work", tmp_path) == (0, "No local AWS is running.\n")
    code, said = says("env", "--work", tmp_path)
    assert code == 1
    assert "taproom aws up starts one" in said


def test_a_command_that_uses_the_local_aws_is_left_alone(tmp_path):
    """Such as a `taproom run`; the marker of a server that was killed does not make one of it."""
    with LocalAws(tmp_path / "aws") as aws:
        (aws.root / "server.json").write_text('{"pid": 1}\n')
        assert not running(aws.root).is_server
        code, said = says("down", "--work", tmp_path)
        assert code == 1
        assert "left alone" in said
        with pytest.raises(ServerFault, match="wait until then"):
            found_or_started(tmp_path, port=0)
        assert aws.client("s3").list_buckets()["Buckets"] == []
