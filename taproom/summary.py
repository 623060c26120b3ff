"""The end of a run on the terminal: metrics, decision, files and time, or what failed and where to look."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from taproom.cached import cached_steps, run_folder, runs_told
from taproom.ending import COALESCED, NO_REVIEWS, NOTHING_NEW, QuietEnd, quiet_end
from taproom.flat_metrics import side_by_side
from taproom.follow import Snapshot
from taproom.outcome import Failure, model_results
from taproom.report.publish import PAGE

LOG_TAIL = 20  # lines
AGAIN = "make run"
FORCE = "make run FORCE=1"
TAPROOM = ".venv/bin/taproom"


def print_summary(
    console: Console, snapshot: Snapshot, folder: Path, seconds: dict[str, float], *, local: bool = True
) -> None:
    """``local``: the jobs ran on this machine, so that they cost nothing; what they would have cost is said."""
    results = model_results(snapshot.events)
    console.print()
    quiet = quiet_end(snapshot.events)
    if quiet:
        _print_quiet_end(console, quiet, folder.parent, local=local)
    elif not results:
        console.print("[yellow]Nothing to do:[/yellow] the execution found no reviews.")
    for result in results:
        colour = {"Registered": "green", "Rejected": "yellow"}.get(result["Status"], "red")
        console.print(
            f"[bold {colour}]{result['Model']}: {result['Status']}[/bold {colour}]  {escape(result['Reason'])}"
        )
        _print_rules(console, result.get("Gate") or [])
        _print_metrics(console, result.get("Metrics") or {})
        if arn := result.get("ModelPackageArn"):
            console.print(f"  model package  {arn}")
            console.print(f"  version {result['ModelPackageVersion']}, {result['ModelApprovalStatus']}")
    for line in runs_told(cached_steps(snapshot.events), folder.parent):
        console.print(f"\nNot run again: {line}", markup=False)
    made = "What it says of itself" if quiet else "Everything it made"
    console.print(f"\n{made}: {_places(folder)}", markup=False)
    _print_report(console, folder)
    print_times(console, snapshot, seconds)
    print_costs(console, folder, local=local)
    _print_next(console, results, local=local)


def _print_report(console: Console, folder: Path) -> None:
    latest = folder.parent / "latest"
    place = latest if latest.exists() and latest.resolve() == folder.resolve() else folder
    if (place / PAGE).is_file():
        console.print(f"Its report: {relative(place / PAGE)}", markup=False)


def _print_next(console: Console, results: list[dict[str, Any]], *, local: bool) -> None:
    """What to do with the versions that were registered."""
    made = [one for one in results if one.get("ModelPackageVersion")]
    waiting = [one for one in made if one.get("ModelApprovalStatus") == "PendingManualApproval"]
    taproom = TAPROOM if local else "taproom"
    commands = ["recommend USER"] if any(one["Model"] == "Retrieval" for one in made) else []
    commands += [f"approve {one['Model'].lower()}/{one['ModelPackageVersion']}" for one in waiting]
    for place, command in enumerate(commands):
        console.print(f"{'      ' if place else 'Next: '}{taproom} {command}", markup=False)


def _print_quiet_end(console: Console, quiet: QuietEnd, runs: Path, *, local: bool) -> None:
    """An execution that made nothing: why, whose results to look at, and how to have it run all the same."""
    colour = "yellow" if quiet.kind == NO_REVIEWS else "green"
    head, _, rest = quiet.sentence.partition(":")
    console.print(f"[{colour}]{escape(head)}:[/{colour}]{escape(rest)}")
    if quiet.kind == NOTHING_NEW:
        console.print(f"Force: {FORCE}" if local else 'Force: start it with {"Force": true}', markup=False)
    if quiet.kind != COALESCED and quiet.run and (earlier := run_folder(runs, quiet.run)).is_dir():
        console.print(f"What that run made: {relative(earlier)}/", markup=False)


def print_costs(console: Console, folder: Path, *, local: bool) -> None:
    """What the jobs cost, or would have cost on AWS; nothing where there were none."""
    try:
        costs = json.loads((folder / "costs.json").read_text(encoding="utf-8"))
    except FileNotFoundError:  # collecting did not get so far
        return
    if costs["Jobs"]:
        console.print(f"{'Would have cost on AWS:' if local else 'Cost:'} {_cost(costs)}", markup=False)


def _cost(costs: dict[str, Any]) -> str:
    if costs["Usd"] is not None:
        at_most = "" if costs["AtMost"] is None else f" of at most {costs['AtMost']:.2f}"
        seconds = f"{costs['Seconds']:.0f} billed seconds"
        return f"{costs['Usd']:.4f} USD{at_most}, for {seconds} (prices of {costs['PricesOf']})"
    unpriced = {job["InstanceType"] for job in costs["Jobs"] if job["UsdPerHour"] is None}
    if unpriced:
        return f"unknown, as is the price of {', '.join(sorted(map(str, unpriced)))}"
    return "not known yet, as a job has not ended"


def print_times(console: Console, snapshot: Snapshot, seconds: dict[str, float]) -> None:
    """Where the time went: in the jobs, and around them (start, deploy, orchestration)."""
    execution = snapshot.execution
    whole = (execution["stopDate"] - execution["startDate"]).total_seconds()
    rows = [row for row in snapshot.states if row.job_name and row.started]
    jobs = {row.name: row.seconds(execution["stopDate"]) or 0.0 for row in rows}
    busy = _covered([(row.started, row.ended or execution["stopDate"]) for row in rows if row.started])
    around = {name: value for name, value in seconds.items() if name != "sample"}
    around["orchestration"] = whole - busy
    at_once = ", some at the same time" if sum(jobs.values()) > busy + 0.05 else ""
    console.print(f"Jobs  {busy:6.1f} s  ({_parts(jobs)}{at_once})" if jobs else "Jobs     0.0 s  (none ran)")
    console.print(f"Else  {sum(around.values()):6.1f} s  ({_parts(around)})")
    console.print(f"Total {busy + sum(around.values()):6.1f} s")


def _covered(spans: list[tuple[datetime, datetime]]) -> float:
    """Seconds during which at least one of the spans (from, to) lasts."""
    total, reached = 0.0, None
    for start, end in sorted(spans):
        begin = start if reached is None or start > reached else reached
        if end > begin:
            total += (end - begin).total_seconds()
            reached = end
    return total


def print_failure(
    console: Console, snapshot: Snapshot, failures: list[Failure], folder: Path, *, local: bool = True
) -> None:
    for failure in failures:
        console.print(f"\n[bold red]{snapshot.status}[/bold red] at {failure.step}: {escape(failure.error)}")
        console.print(f"  {escape(failure.cause)}")
        log = folder / "logs" / f"{failure.job_name}.log"
        if failure.job_name and log.is_file():
            console.print(f"\nEnd of {relative(log)}:", markup=False)
            for line in log.read_text(errors="replace").splitlines()[-LOG_TAIL:]:
                console.print(f"  {escape(line)}", style="dim")
    for command in dict.fromkeys(failure.what_now for failure in failures if failure.what_now):
        told = (
            f"remove the cause, then {AGAIN}: finished steps come from the cache; on AWS: {command}"
            if local
            else command
        )
        console.print(f"\nWhat now: {told}", markup=False)
    for result in model_results(snapshot.events):
        if result["Status"] != "Failed":
            console.print(f"\n{result['Model']}: {result['Status']}  {escape(result['Reason'])}")
    console.print(f"\nHistory and logs: {_places(folder)}", markup=False)
    _print_report(console, folder)
    print_costs(console, folder, local=local)


def _print_rules(console: Console, rules: list[dict[str, Any]]) -> None:
    """The gate's verdicts, a line each; a rule that is off is left out."""
    said = [rule for rule in rules if rule["Verdict"] != "off"]
    width = max((len(rule["Rule"]) for rule in said), default=0)
    for rule in said:
        verdict = rule["Verdict"]
        colour = {"passed": "green", "failed": "red"}.get(verdict, "yellow")
        name = escape(rule["Rule"].ljust(width))
        console.print(f"  {name}  [{colour}]{verdict}[/{colour}]  [dim]{escape(rule['Reason'])}[/dim]")


def _print_metrics(console: Console, metrics: dict[str, Any]) -> None:
    """A line per metric, beside the champion's and what knows nothing or little."""
    columns, rows = side_by_side(metrics)
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    table.add_column(f"  {columns[0]}")
    for place, name in enumerate(columns[1:]):
        table.add_column(name, justify="right", style="dim" if place else "")
    for name, *values in rows:
        table.add_row(f"  {escape(name)}", *(_number(value) for value in values))
    if rows:
        console.print(table)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def _parts(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in seconds.items())


def _places(folder: Path) -> str:
    latest = folder.parent / "latest"
    also = "" if latest.exists() and latest.resolve() != folder.resolve() else f" (also {relative(latest)}/)"
    return f"{relative(folder)}/{also}"


def relative(path: Path) -> str:
    """The path from where the user is, if it lies below; else as it is."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
