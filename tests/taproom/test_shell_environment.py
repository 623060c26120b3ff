"""The variables by which other programs find the local AWS, and nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path

from taproom.shell_environment import child, shell_lines

ROOT = Path("/somewhere/with space/aws")
URL = "http://127.0.0.1:4566"
GIVEN = {
    "PATH": "/usr/bin:/bin",
    "AWS_PROFILE": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",  # would have AWS_ENDPOINT_URL ignored
    "AWS_ACCESS_KEY_ID": "real",
    "SAM_CLI_POLL_DELAY": "1",
    "NO_PROXY": "intranet.example,localhost",
}


def test_a_child_has_nothing_that_leads_elsewhere():
    made = child(URL, ROOT, GIVEN)
    assert {name for name in made if name in GIVEN} == {"PATH", "AWS_ACCESS_KEY_ID", "NO_PROXY"}
    assert made["AWS_ACCESS_KEY_ID"] == "local"
    assert made["AWS_ENDPOINT_URL"] == URL
    assert made["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    assert made["SAM_CLI_TELEMETRY"] == "0"
    assert made["AWS_CONFIG_FILE"] == f"{ROOT}/no-aws-config"


def test_a_shell_that_reads_the_lines_has_the_same():
    lines = "\n".join(shell_lines(URL, ROOT, GIVEN))
    answer = subprocess.run(
        ["sh", "-c", f"{lines}\nenv -0"], env=GIVEN, capture_output=True, text=True, check=True
    ).stdout
    read = dict(one.split("=", 1) for one in answer.split("\0") if one)
    for name in ("PWD", "SHLVL", "OLDPWD", "_"):  # the shell's own
        read.pop(name, None)
    assert read == child(URL, ROOT, GIVEN)
