"""What a run says on the terminal at its end, and that it says it literally: brackets are rich's markup."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from taproom.follow import Snapshot
from taproom.history import StateRow
from taproom.outcome import Failure
from taproom.summary import print_failure, print_summary
from tests.taproom.histories import LAST_RUN, cached, coalesced, nothing_new

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=500)


def snapshot(status, *results):
    output = json.dumps({"Models": results})
    ended = {"id": 1, "type": "ParallelStateExited", "timestamp": BEGIN}
    ended["stateExitedEventDetails"] = {"name": "Models", "output": output}
    return Snapshot({"name": "one", "status": status, "startDate": BEGIN, "stopDate": BEGIN}, [ended], [])


def test_a_failure_is_shown_with_its_cause_its_log_and_where_the_rest_is(tmp_path, console):
    folder = tmp_path / "runs [old]" / "one"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "job-1.log").write_text("first line\nlast [/line]\n")
    failures = [Failure("Preprocess", "JobFailed", "no [column]", "job-1"), Failure("Other", "Error", "too", "")]
    print_failure(console, snapshot("FAILED"), failures, folder)
    shown = console.file.getvalue()
    assert "FAILED at Preprocess: JobFailed" in shown
    assert "no [column]" in shown
    assert "FAILED at Other: Error\n  too" in shown
    assert "last [/line]" in shown
    assert f"{folder}/ (also {tmp_path}/runs [old]/latest/)" in shown


def test_a_failure_says_what_became_of_the_other_model(tmp_path, console):
    results = [
        {"Model": "Retrieval", "Status": "Failed", "Reason": "no", "Step": "TrainRetrieval"},
        {"Model": "Ranking", "Status": "Registered", "Reason": "RMSE 0.5 beats the bias baseline's 0.6"},
    ]
    print_failure(console, snapshot("FAILED", *results), [Failure("TrainRetrieval", "JobFailed", "no", "")], tmp_path)
    assert "Ranking: Registered  RMSE 0.5 beats" in console.file.getvalue()
    assert "Retrieval: Failed" not in console.file.getvalue()


def test_a_success_says_where_its_files_are(tmp_path, console):
    folder = tmp_path / "other [/runs]" / "one"
    print_summary(console, snapshot("SUCCEEDED"), folder, {"start": 1.0})
    assert f"{folder}/ (also {tmp_path}/other [/runs]/latest/)" in console.file.getvalue()


def test_a_report_is_named_by_the_shorter_path_where_that_leads_to_it(tmp_path, console):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "report.html").touch()
    (tmp_path / "latest").symlink_to("one")
    print_summary(console, snapshot("SUCCEEDED"), folder, {"start": 1.0})
    print_failure(console, snapshot("FAILED"), [], folder)
    assert console.file.getvalue().count(f"\nIts report: {tmp_path}/latest/report.html\n") == 2
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "report.html").touch()
    print_summary(console, snapshot("SUCCEEDED"), tmp_path / "two", {"start": 1.0})
    assert f"\nIts report: {tmp_path}/two/report.html\n" in console.file.getvalue()


def test_what_to_do_with_versions_is_said_of_those_that_there_are(tmp_path, console):
    made = {"Status": "Registered", "Reason": "good", "ModelPackageArn": "arn", "ModelPackageVersion": 7}
    retrieval = {**made, "Model": "Retrieval", "ModelApprovalStatus": "PendingManualApproval"}
    ranking = {**made, "Model": "Ranking", "ModelApprovalStatus": "Approved"}
    print_summary(console, snapshot("SUCCEEDED", retrieval, ranking), tmp_path / "one", {"start": 1.0})
    end = "Next: .venv/bin/taproom recommend USER\n      .venv/bin/taproom approve retrieval/7\n"
    assert console.file.getvalue().endswith(end)
    refused = {"Model": "Retrieval", "Status": "Rejected", "Reason": "0.2 is below 0.5"}
    print_summary(console, snapshot("SUCCEEDED", refused), tmp_path / "one", {"start": 1.0})
    assert console.file.getvalue().count("Next:") == 1


def test_a_model_is_shown_with_the_gates_verdicts_and_beside_champion_and_baseline(tmp_path, console):
    refused = {
        "Model": "Retrieval",
        "Status": "Rejected",
        "Reason": "0.2 is below 0.5",
        "Gate": [
            {"Rule": "threshold", "Verdict": "failed", "Value": 0.2, "Limit": 0.5, "Reason": "0.2 is below [0.5]"},
            {"Rule": "champion", "Verdict": "off", "Reason": "ChampionRule is off"},
        ],
        "Metrics": {"accuracy": 0.2, "popularity_accuracy": 0.25, "champion_accuracy": 0.3, "mrr": 0.125},
    }
    print_summary(console, snapshot("SUCCEEDED", refused), tmp_path / "one", {"start": 1.0})
    shown = [line.split() for line in console.file.getvalue().splitlines()]
    assert ["threshold", "failed", *["0.2", "is", "below", "[0.5]"]] in shown
    assert "champion off" not in console.file.getvalue()
    assert ["metric", "model", "champion", "popularity"] in shown
    assert ["accuracy", "0.2000", "0.3000", "0.2500"] in shown
    assert ["mrr", "0.1250"] in shown


def test_jobs_that_ran_at_the_same_time_are_counted_once(tmp_path, console):
    def row(name, start, end):
        at = [BEGIN + timedelta(seconds=seconds) for seconds in (start, end)]
        return StateRow(name, "Task", "succeeded", *at, 1, job_name=name)

    rows = [row("Preprocess", 1, 3), row("TrainRetrieval", 3, 9), row("TrainRanking", 3, 7), row("Evaluate", 10, 12)]
    execution = {"name": "one", "status": "SUCCEEDED", "startDate": BEGIN, "stopDate": BEGIN + timedelta(seconds=13)}
    print_summary(console, Snapshot(execution, [], rows), tmp_path / "one", {"start": 2.0})
    shown = console.file.getvalue()
    # busy from 1 to 9 and from 10 to 12; 13 in all
    assert "Jobs    10.0 s  (Preprocess 2.0, TrainRetrieval 6.0, TrainRanking 4.0, Evaluate 2.0, some at the" in shown
    assert "Else     5.0 s  (start 2.0, orchestration 3.0)" in shown
    assert "Total   15.0 s" in shown


def test_an_input_file_that_is_not_json_is_named_literally(tmp_path):
    file = tmp_path / "my [x].json"
    file.write_text('{"TrainingEpochs": ')
    command = [sys.executable, "-m", "taproom", "run", "--input", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"{file} is not JSON" in run.stdout


@pytest.mark.parametrize(("local", "force"), [(True, "make run FORCE=1"), (False, 'start it with {"Force": true}')])
def test_nothing_new_names_the_run_its_folder_and_how_to_force_another(tmp_path, console, local, force):
    (tmp_path / "first").mkdir()
    print_summary(console, nothing_new(LAST_RUN).snapshot(), tmp_path / "second", {"start": 1.0}, local=local)
    shown = console.file.getvalue().splitlines()
    told = "Nothing new: reviews, code and parameters are those of first (finished 2026-01-04 09:30 UTC): no job ran."
    assert shown[1:4] == [told, f"Force: {force}", f"What that run made: {tmp_path}/first/"]


def test_nothing_new_points_to_no_folder_that_is_not_there(tmp_path, console):
    print_summary(console, nothing_new(LAST_RUN).snapshot(), tmp_path / "second", {"start": 1.0})
    assert "What that run made" not in console.file.getvalue()
    print_summary(console, nothing_new(None).snapshot(), tmp_path / "second", {"start": 1.0})
    assert "the uploads were served by an earlier run" in console.file.getvalue()


def test_a_run_that_met_another_says_which(tmp_path, console):
    (tmp_path / "other").mkdir()
    print_summary(console, coalesced().snapshot(), tmp_path / "second", {"start": 1.0})
    shown = console.file.getvalue()
    assert "Another run is under way, other: it, or the run after it, serves this one.\n" in shown
    assert "Force" not in shown
    assert "What that run made" not in shown
    assert "Jobs     0.0 s  (none ran)\n" in shown
    assert "no reviews" not in shown


def test_cached_steps_are_told_with_their_run_and_what_they_spared(tmp_path, console):
    (tmp_path / "first").mkdir()
    jobs = [{"Step": step, "Status": "Completed", "Seconds": 10.5} for step in ("Preprocess", "TrainRetrieval")]
    (tmp_path / "first" / "costs.json").write_text(json.dumps({"Jobs": jobs}))
    print_summary(console, cached().snapshot(), tmp_path / "second", {"start": 1.0})
    shown = console.file.getvalue()
    assert "Not run again: Preprocess, TrainRetrieval from run first (21.0 job seconds not spent)\n" in shown
    assert "Jobs    40.0 s  (EvaluateRetrieval 40.0)" in shown


def test_a_failure_says_what_to_do_now_once(tmp_path, console):
    failures = [Failure(step, "JobFailed", "no", what_now="taproom rerun one") for step in ("TrainA", "TrainB")]
    print_failure(console, snapshot("FAILED"), failures, tmp_path)
    told = "What now: remove the cause, then make run: finished steps come from the cache; on AWS: taproom rerun one\n"
    assert console.file.getvalue().count(told) == 1
    print_failure(console, snapshot("FAILED"), failures, tmp_path, local=False)
    assert console.file.getvalue().count("What now: taproom rerun one\n") == 1


def test_a_failure_that_comes_again_with_the_same_input_names_no_command(tmp_path, console):
    print_failure(console, snapshot("FAILED"), [Failure("Prepare", "InvalidInput", "no")], tmp_path)
    assert "What now" not in console.file.getvalue()


def test_latest_is_not_named_where_it_is_another_run(tmp_path, console):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    (tmp_path / "latest").symlink_to("first")
    print_summary(console, nothing_new(LAST_RUN).snapshot(), tmp_path / "second", {"start": 1.0})
    assert f"What it says of itself: {tmp_path}/second/\n" in console.file.getvalue()
