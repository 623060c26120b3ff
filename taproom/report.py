"""``report.html``: one self-contained page on what an execution did and why a model was or was not registered."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from taproom.bookkeeping import rows_to_show
from taproom.cached import cached_steps, run_folder, runs_told
from taproom.ending import quiet_end
from taproom.follow import Snapshot
from taproom.history import StateRow
from taproom.outcome import failures_of, model_results


def write_report(snapshot: Snapshot, folder: Path) -> Path:
    """Write ``folder/report.html`` from the snapshot and the files that were collected there; returns its path."""
    page = (
        _environment()
        .get_template("report.html")
        .render(
            verdict=verdict(snapshot),
            execution=snapshot.execution,
            failures=failures_of(snapshot),
            states=[
                _state(row, folder.parent)
                for row in rows_to_show(snapshot, datetime.now(UTC))
                if row.status != "waiting"
            ],
            cached=runs_told(cached_steps(snapshot.events), folder.parent),
            results=model_results(snapshot.events),
            evaluations=_evaluations(folder),
            counts=review_counts(_read(folder / "data" / "manifest.json")),
            costs=_object(_read(folder / "costs.json")),
            packages=_read(folder / "model-packages.json") or [],
        )
    )
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def verdict(snapshot: Snapshot) -> str:
    """The outcome of the execution in one sentence."""
    if failures := failures_of(snapshot):
        told = "; ".join(f"{failure.step}: {failure.cause or failure.error}" for failure in failures)
        return f"{snapshot.status.replace('_', ' ').capitalize()} at {told}"
    results = model_results(snapshot.events)
    if quiet := quiet_end(snapshot.events):
        return quiet.sentence
    if not results:
        return "Nothing to do: no reviews were found."
    return " ".join(f"{result['Model']} {result['Status'].lower()}: {result['Reason']}." for result in results)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("taproom", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["known"] = _known
    return environment


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _known(amount: float | None, decimals: int = 4) -> str:
    return "unknown" if amount is None else f"{amount:,.{decimals}f}"


def _state(row: StateRow, runs: Path) -> dict[str, Any]:
    seconds = row.seconds(datetime.now(UTC))
    return {
        "name": row.name,
        "status": row.status,
        "seconds": "" if seconds is None or row.kind != "Task" or row.cached_from else f"{seconds:.1f} s",
        "visits": row.visits,
        "job": row.job_name,
        "cached_from": row.cached_from,
        "earlier": _report_beside(runs, row.cached_from),
    }


def _report_beside(runs: Path, run: str) -> str:
    """The relative URL of a run's report, where the run was collected here too; else ""."""
    report = run_folder(runs, run) / "report.html"
    return f"../{quote(report.parent.name)}/report.html" if run and report.is_file() else ""


def review_counts(manifest: Any) -> dict[str, Any]:
    """What preprocessing counted, in the order in which reviews go: read, dropped by cause, kept and split."""
    manifest = _object(manifest)
    dropped = {f"dropped: {cause}": count for cause, count in _object(manifest.get("dropped")).items()}
    counted = {name: manifest[name] for name in ("kept", "train", "test", "users", "items") if name in manifest}
    return ({"read": manifest["read"]} if "read" in manifest else {}) | dropped | counted


def metric_columns(evaluation: Any) -> list[str]:
    """Whose metrics stand beside the model's: the champion's, if it was measured, and the baselines'."""
    return list(_others(_object(evaluation)))


def metric_rows(evaluation: Any) -> list[dict[str, Any]]:
    """A row for each metric of evaluation.json, beside champion and baselines. What a job wrote otherwise is left out,
    so that a run that failed because of it has a report as well.
    """
    evaluation = _object(evaluation)
    others = _others(evaluation)
    accuracy = _object(_object(evaluation.get("multiclass_classification_metrics")).get("accuracy"))
    own = {"accuracy": accuracy} if accuracy else {}
    own |= _object(evaluation.get("retrieval_metrics")) | _object(evaluation.get("regression_metrics"))
    return [
        {
            "name": name,
            **{part: _object(metric).get(part, "") for part in ("value", "lower", "upper")},
            "others": [_object(other.get(name)).get("value", "") for other in others.values()],
        }
        for name, metric in own.items()
    ]


def _others(evaluation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    champion = _object(_object(evaluation.get("champion")).get("metrics"))
    baselines = {name: _object(one) for name, one in _object(evaluation.get("baselines")).items()}
    return ({"champion": champion} if champion else {}) | baselines


def _evaluations(folder: Path) -> dict[str, dict[str, Any]]:
    read = {path.stem: _read(path) for path in sorted((folder / "evaluation").glob("*.json"))}
    return {name: {"columns": metric_columns(one), "rows": metric_rows(one)} for name, one in read.items()}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _read(path: Path) -> Any:
    """A collected document, or None where the execution did not get so far or wrote something else than JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
