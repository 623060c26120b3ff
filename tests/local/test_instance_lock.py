"""One local AWS at a time in a folder, and a lock that no death leaves behind."""

from __future__ import annotations

import json
import os
import signal

import pytest

from taproom.local.aws import LocalAws
from taproom.local.instance_lock import AlreadyRunning, InstanceLock
from tests.local.other_process import started

HOLD = """
import sys
from pathlib import Path
from taproom.local.instance_lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
lock.take()
if len(sys.argv) > 2:
    lock.announce(sys.argv[2])
print("taken", flush=True)
sys.stdin.read()
lock.release()
"""


def test_a_second_process_is_told_who_has_it(tmp_path):
    with started(HOLD, tmp_path, "http://127.0.0.1:1") as process:
        assert process.stdout.readline() == "taken\n"
        with pytest.raises(AlreadyRunning, match=rf"process {process.pid}: wait until it ends") as refused:
            LocalAws(tmp_path).__enter__()
        assert refused.value.pid == process.pid
        assert refused.value.endpoint_url == "http://127.0.0.1:1"
    with LocalAws(tmp_path) as aws:
        assert aws.client("s3").list_buckets()["Buckets"] == []


def test_before_it_is_announced_nobody_is_sent_anywhere(tmp_path):
    with started(HOLD, tmp_path) as process:
        assert process.stdout.readline() == "taken\n"
        with pytest.raises(AlreadyRunning, match="starting or ending") as refused:
            InstanceLock(tmp_path).take()
        assert refused.value.endpoint_url is None


def test_a_killed_holder_leaves_the_folder_free(tmp_path):
    with started(HOLD, tmp_path, "http://127.0.0.1:1") as process:
        assert process.stdout.readline() == "taken\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (tmp_path / "endpoint.json").exists()
        lock = InstanceLock(tmp_path)
        lock.take()
        assert not (tmp_path / "endpoint.json").exists()  # what the dead one announced leads nowhere
        lock.release()


def test_what_a_dead_process_announced_is_not_believed(tmp_path):
    with started("pass") as process:
        process.wait()
    with started(HOLD, tmp_path) as holder:
        assert holder.stdout.readline() == "taken\n"
        (tmp_path / "endpoint.json").write_text(json.dumps({"pid": process.pid, "endpoint_url": "http://127.0.0.1:1"}))
        with pytest.raises(AlreadyRunning) as refused:
            InstanceLock(tmp_path).take()
        assert refused.value.endpoint_url is None


def test_it_can_be_taken_again_by_whoever_gave_it_back(tmp_path):
    lock = InstanceLock(tmp_path)
    for _ in range(2):
        lock.take()
        lock.announce("http://127.0.0.1:1")
        assert json.loads((tmp_path / "endpoint.json").read_text())["pid"] == os.getpid()
        lock.release()
