"""No process outlives the local AWS: not one that ignores signals, not one in the background, not after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from taproom.local.aws import LocalAws
from tests.local.small_jobs import bucket, process, processing_request
from tests.local.small_stacks import eventually

PROJECT = Path(__file__).resolve().parents[2]
STUBBORN = """
import os, signal, subprocess, sys, threading
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
if len(sys.argv) < 3:
    threading.Event().wait()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a zombie is dead, and waits only to be reaped by whoever adopted it
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def pids_in(note: Path) -> list[int]:
    return [int(word) for word in note.read_text().split()]


def test_stopping_the_local_aws_ends_a_job_that_ignores_signals(tmp_path):
    note = tmp_path / "pids"
    with LocalAws(tmp_path / "aws") as aws:
        bucket(aws)
        aws.client("sagemaker").create_processing_job(**processing_request(aws, "stubborn", STUBBORN, str(note)))
        eventually(lambda: note.exists() and len(pids_in(note)) == 2)
    assert not [pid for pid in pids_in(note) if alive(pid)]


def test_what_a_script_leaves_in_the_background_ends_with_its_job(tmp_path):
    note = tmp_path / "pids"
    with LocalAws(tmp_path / "aws") as aws:
        bucket(aws)
        job = process(aws, processing_request(aws, "background", STUBBORN, str(note), "exit"))
        assert job["ProcessingJobStatus"] == "Completed"
        eventually(lambda: not [pid for pid in pids_in(note) if alive(pid)])


def test_a_killed_local_aws_takes_its_jobs_along(tmp_path):
    note = tmp_path / "pids"
    program = """
import sys, threading
from pathlib import Path
sys.path[:0] = [sys.argv[3], str(Path(sys.argv[3]) / "tests")]
from taproom.local.aws import LocalAws
with LocalAws(Path(sys.argv[1]) / "aws") as aws:
    import importlib.util
    for name in ("small_stacks", "small_jobs"):
        spec = importlib.util.spec_from_file_location(f"tests.local.{name}", f"{sys.argv[3]}/tests/local/{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    module.bucket(aws)
    request = module.processing_request(aws, "orphan", Path(sys.argv[4]).read_text(), sys.argv[2])
    aws.client("sagemaker").create_processing_job(**request)
    threading.Event().wait()
"""
    script = tmp_path / "stubborn.py"
    script.write_text(STUBBORN)
    process_of_aws = subprocess.Popen([sys.executable, "-c", program, tmp_path, note, PROJECT, script])
    try:
        eventually(lambda: note.exists() and len(pids_in(note)) == 2, within=30)
    finally:
        process_of_aws.send_signal(signal.SIGKILL)
        process_of_aws.wait()
    eventually(lambda: not [pid for pid in pids_in(note) if alive(pid)])
