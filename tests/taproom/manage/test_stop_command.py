"""`taproom stop` on a local AWS."""

from __future__ import annotations


def test_the_one_that_runs_is_stopped_and_what_follows_is_said(machine, command):
    machine.start("runs-now", Wait=True)
    machine.entered("runs-now", "Debounce")
    said = command.succeeds("stop")
    assert said.startswith("runs-now is stopped. Its jobs are stopped, the lease is released, and what waits")
    assert said.endswith("What now: taproom redrive runs-now\n")
    described = machine.described("runs-now")
    assert (described["status"], described["error"]) == ("ABORTED", "Stopped")
    assert described["cause"] == "stopped by a person: taproom stop"


def test_scripts_get_json(machine, command):
    machine.start("for-scripts", Wait=True)
    machine.entered("for-scripts", "Debounce")
    told = command.json("stop", "for-scripts")
    assert told == {"schema_version": 1, "execution_arn": machine.execution("for-scripts"), "status": "ABORTED"}


def test_where_more_than_one_runs_they_are_named_and_none_is_stopped(machine, command):
    for name in ("one", "two"):
        machine.start(name, Wait=True)
        machine.entered(name, "Debounce")
    said = command.fails("stop")
    assert "2 executions run, name one: " in said
    assert {machine.described(name)["status"] for name in ("one", "two")} == {"RUNNING"}
    for name in ("one", "two"):
        command.succeeds("stop", name, "--yes")


def test_what_does_not_run_is_refused(machine, command):
    machine.run("is-over", Say={})
    assert "nothing runs" in command.fails("stop")
    assert "is-over has ended already (SUCCEEDED): nothing was stopped" in command.fails("stop", "is-over")
    assert f"no execution {machine.execution('nobody')}" in command.fails("stop", "nobody")
