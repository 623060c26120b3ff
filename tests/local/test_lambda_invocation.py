"""Functions run their own code, in processes of their own, and fail as they fail on AWS."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from taproom.local.aws import LocalAws
from tests.local.small_stacks import eventually, invoke, make_function, make_machine, zip_of


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    with LocalAws(tmp_path_factory.mktemp("lambda")) as running:
        yield running


def test_the_environment_is_the_templates_and_lambdas_own(aws, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    source = "import os\ndef handler(event, context): return dict(os.environ)"
    make_function(aws, "environment", source, Environment={"Variables": {"BUCKET": "b"}}, MemorySize=512)
    seen, error = invoke(aws, "environment")
    assert error is None
    assert seen["BUCKET"] == "b"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "environment"
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert seen["_HANDLER"] == "app.handler"
    assert seen["_X_AMZN_TRACE_ID"].endswith("Sampled=0")
    assert seen["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert {"SECRET_OF_THE_USER", "HOME", "PYTHONPATH", "VIRTUAL_ENV"} & set(seen) == set()


def test_the_code_is_the_deployed_zip_and_nothing_of_the_project(aws):
    source = """
import importlib.util, os, sys
import helper
def handler(event, context):
    found = {name: importlib.util.find_spec(name) is not None for name in ("taproom", "training", "boto3", "pydantic")}
    return {"root": os.environ["LAMBDA_TASK_ROOT"], "cwd": os.getcwd(), "helper": helper.WORD, "found": found}
"""
    code = zip_of(app=source, helper="WORD = 'zipped'")
    make_function(aws, "apart", "", code=code)
    seen, error = invoke(aws, "apart")
    assert error is None, seen
    assert seen["helper"] == "zipped"
    assert seen["root"] == seen["cwd"]
    assert seen["root"].startswith(str(aws.root / "functions" / "apart"))
    assert seen["found"] == {"taproom": False, "training": False, "boto3": True, "pydantic": True}


def test_the_context_is_the_invocations(aws):
    source = """
def handler(event, context):
    return {name: getattr(context, name) for name in ("aws_request_id", "function_name", "function_version",
            "memory_limit_in_mb", "invoked_function_arn")} | {"left": context.get_remaining_time_in_millis()}
"""
    make_function(aws, "context", source, Timeout=7)
    first, _ = invoke(aws, "context")
    second, _ = invoke(aws, "context")
    assert first["aws_request_id"] != second["aws_request_id"]
    assert 5000 < first["left"] <= 7000
    assert first["invoked_function_arn"] == f"arn:aws:lambda:{aws.region}:{aws.account_id}:function:context"
    assert (first["function_name"], first["memory_limit_in_mb"]) == ("context", "256")


def test_the_process_stays_warm(aws):
    source = "import os\ncount = 0\ndef handler(e, c):\n global count\n count += 1\n return [os.getpid(), count]"
    make_function(aws, "warm", source)
    (pid, first), (again, second) = invoke(aws, "warm")[0], invoke(aws, "warm")[0]
    assert pid == again != os.getpid()
    assert (first, second) == (1, 2)


def test_parallel_invocations_have_a_process_each(aws, tmp_path):
    source = """
import os, pathlib, time
def handler(event, context):
    folder = pathlib.Path(event)
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.005)
    return os.getpid()
"""
    make_function(aws, "parallel", source)
    pids: list[int] = []
    threads = [threading.Thread(target=lambda: pids.append(invoke(aws, "parallel", str(tmp_path))[0])) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(pids)) == 2


def test_an_exception_is_told_as_lambda_tells_it(aws):
    source = "class NoReviews(Exception): pass\ndef handler(event, context): raise NoReviews(f'none in {event}')"
    make_function(aws, "raises", source)
    document, error = invoke(aws, "raises", "here")
    assert error == "Unhandled"
    assert document["errorType"] == "NoReviews"
    assert document["errorMessage"] == "none in here"
    assert "raise NoReviews" in document["stackTrace"][-1]
    assert not any("lambda_bootstrap" in line for line in document["stackTrace"])


@pytest.mark.parametrize(
    ("source", "options", "kind", "words"),
    [
        ("import os\ndef handler(e, c): os._exit(3)", {}, "Runtime.ExitError", "exit status 3"),
        (
            "import os\ndef handler(e, c): os.kill(os.getpid(), 9)",
            {},
            "Runtime.ExitError",
            "signal: killed",
        ),
        ("import time\ndef handler(e, c): time.sleep(60)", {"Timeout": 1}, "Sandbox.Timedout", "after 1.00 seconds"),
        (
            "import time\ndef handler(e, c):\n kept = bytearray(b'x' * (300 << 20))\n time.sleep(60)",
            {"MemorySize": 128},
            "Runtime.ExitError",
            "signal: killed",
        ),
        ("import no_such_module", {}, "Runtime.ImportModuleError", "no_such_module"),
        ("def handler(e, c) return", {}, "Runtime.UserCodeSyntaxError", "app"),
        ("def other(e, c): pass", {}, "Runtime.HandlerNotFound", "handler"),
        ("def handler(e, c): return {1, 2}", {}, "Runtime.MarshalError", "set"),
    ],
    ids=["exit", "signal", "timeout", "memory", "import", "syntax", "no handler", "not JSON"],
)
def test_what_goes_wrong_around_a_handler(aws, request, source, options, kind, words):
    name = "wrong-" + request.node.callspec.id.replace(" ", "-")
    make_function(aws, name, source, **options)
    document, error = invoke(aws, name)
    assert error == "Unhandled"
    assert document["errorType"] == kind
    assert words in document["errorMessage"]


def test_a_function_works_again_after_it_was_killed(aws):
    source = "import os\ndef handler(event, context):\n if event: os._exit(1)\n return 'well'"
    make_function(aws, "again", source)
    assert invoke(aws, "again", True)[1] == "Unhandled"
    assert invoke(aws, "again") == ("well", None)


def test_the_log_holds_what_it_printed(aws):
    make_function(aws, "logs", "import sys\ndef handler(e, c): print('out'); print('err', file=sys.stderr)")
    invoke(aws, "logs")
    text = (aws.root / "logs" / "lambda" / "logs.log").read_text()
    assert text.index("START RequestId") < text.index("out") < text.index("END RequestId")
    assert "err" in text


def test_what_was_printed_before_a_crash_is_in_the_log(aws):
    make_function(aws, "last-words", "import os\ndef handler(e, c): print('last words'); os._exit(1)")
    invoke(aws, "last-words")
    text = (aws.root / "logs" / "lambda" / "last-words.log").read_text()
    assert "last words" in text
    assert "Runtime.ExitError" in text


def test_an_event_invocation_answers_at_once_and_runs(aws, tmp_path):
    done = tmp_path / "done"
    make_function(aws, "event", f"import pathlib\ndef handler(e, c): pathlib.Path({str(done)!r}).write_text(e['word'])")
    answer = aws.client("lambda").invoke(FunctionName="event", InvocationType="Event", Payload=b'{"word": "hi"}')
    assert answer["StatusCode"] == 202
    eventually(lambda: done.exists() and done.read_text() == "hi")


def test_aliases_and_versions_keep_their_code(aws):
    client = aws.client("lambda")
    make_function(aws, "versioned", "def handler(e, c): return ['one', c.function_version]")
    client.publish_version(FunctionName="versioned")
    client.create_alias(FunctionName="versioned", Name="live", FunctionVersion="1")
    client.update_function_code(
        FunctionName="versioned", ZipFile=zip_of(app="def handler(e, c): return ['two', c.function_version]")
    )
    assert invoke(aws, "versioned")[0] == ["two", "$LATEST"]
    assert invoke(aws, "versioned:live")[0] == ["one", "1"]
    assert invoke(aws, "versioned", Qualifier="1")[0] == ["one", "1"]


def test_a_function_reaches_the_local_aws_and_nothing_else(aws):
    source = "import boto3\ndef handler(e, c): return boto3.client('sts').get_caller_identity()['Account']"
    make_function(aws, "caller", source)
    assert invoke(aws, "caller") == (aws.account_id, None)


def test_step_functions_sees_the_functions_own_error_name(aws):
    make_function(aws, "named", "class NoReviews(Exception): pass\ndef handler(e, c): raise NoReviews('none')")
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "named"}}
    definition = json.dumps({"StartAt": "Ask", "States": {"Ask": {**task, "End": True}}})
    stepfunctions = aws.client("stepfunctions")
    started = stepfunctions.start_execution(stateMachineArn=make_machine(aws, "asks", definition))
    ended = eventually(
        lambda: (
            (found := stepfunctions.describe_execution(executionArn=started["executionArn"]))["status"] != "RUNNING"
            and found
        )
    )
    assert (ended["status"], ended["error"]) == ("FAILED", "NoReviews")
    assert json.loads(ended["cause"])["errorMessage"] == "none"


def test_no_log_tail_unless_it_is_asked_for(aws):
    make_function(aws, "tail", "def handler(e, c): return 1")
    answer = aws.client("lambda").invoke(FunctionName="tail")
    assert "LogResult" not in answer
    assert answer["ExecutedVersion"] == "$LATEST"
    assert base64.b64decode(answer.get("LogResult", "")) == b""


def test_no_process_is_left_behind(tmp_path, aws):
    """Checked on the running one's processes: a second LocalAws cannot run beside it."""
    source = "import os\ndef handler(event, context): return os.getpid()"
    make_function(aws, "left", source)
    pid, _ = invoke(aws, "left")
    os.kill(pid, 0)  # it is there, waiting for the next invocation
    aws.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


PARENT = """
import os, sys, threading
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/tests/local"]
from taproom.local.aws import LocalAws
from small_stacks import invoke, make_function
with LocalAws(Path(sys.argv[1])) as aws:
    make_function(aws, "pid", "import os\\ndef handler(e, c): return os.getpid()")
    print(invoke(aws, "pid")[0], flush=True)
    threading.Event().wait(60)
"""


def test_functions_end_when_their_local_aws_is_killed(tmp_path):
    project = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), str(project)], stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    eventually(lambda: not is_running(pid))


def is_running(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return state.strip() not in ("", "Z", "Z+", "Zs")
