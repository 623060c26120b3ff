"""The page: every section, read from the snapshot and the collected files, rendered by templates that escape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from taproom.cached import cached_steps
from taproom.charts.colours import DARK, LIGHT
from taproom.ending import NOTHING_NEW, quiet_end
from taproom.follow import Snapshot
from taproom.graph.words import time
from taproom.outcome import failures_of, model_results
from taproom.printable import printable
from taproom.registry.documents import objects
from taproom.registry.quality import CHAMPION, MAIN_METRIC
from taproom.report.data import data_of
from taproom.report.documents import finite, object_of, read, read_object
from taproom.report.earlier import earlier_reports
from taproom.report.gate import Gate, gate_of
from taproom.report.glance import glance_of
from taproom.report.glossary import words_of
from taproom.report.lineage import commands_of, lineage_of
from taproom.report.metrics import MetricRow, Metrics, metrics_of
from taproom.report.publish import PAGE
from taproom.report.samples import samples_of
from taproom.report.settings import settings_of
from taproom.report.states import end_of, states_of
from taproom.report.training import trainings
from taproom.report.verdict import causes, verdict


@dataclass(frozen=True)
class Model:
    """A model's branch: what came of it, what was measured (None: nothing), and what the gate said."""

    name: str
    status: str
    reason: str
    version: str
    waits: bool
    metrics: Metrics | None
    gate: Gate

    @property
    def main(self) -> MetricRow | None:
        """The metric that tells most of it, None where it was not measured."""
        if self.metrics is None:
            return None
        key = MAIN_METRIC[self.metrics.model]
        return next((row for row in self.metrics.rows if row.key == key), None)

    @property
    def beside(self) -> list[tuple[str, float]]:
        """The same metric of the baseline to beat and of the champion, as far as it was measured."""
        if self.metrics is None or self.main is None:
            return []
        named = [(name, one) for name, one in zip(self.metrics.columns, self.main.others, strict=True) if one]
        return [(name, one.value) for place, (name, one) in enumerate(named) if place == 0 or name == CHAMPION]


# The page's sections by their template's name, in the order for who approves a model, and for who mends a failure.
SECTIONS = {
    "gate": "Gate",
    "metrics": "Metrics",
    "samples": "Recommendations",
    "training": "Training",
    "data": "Data",
    "states": "States",
    "cost": "Cost and time",
    "parameters": "Parameters",
    "lineage": "Lineage",
}
LARGE = 10_000  # floats from here on may be whole numbers
OF_FAILED = ("states", "training", "data")  # these first


def write_report(snapshot: Snapshot, folder: Path) -> Path:
    """Write ``folder/report.html`` from the snapshot and the files that were collected there; returns its path."""
    execution, end = snapshot.execution, end_of(snapshot)
    packages = objects(read(folder / "model-packages.json"))
    cached = cached_steps(snapshot.events)
    models, costs, failed = _models(snapshot, folder), _costs(folder), causes(snapshot, folder)
    data, samples = data_of(folder, execution["startDate"]), samples_of(folder)
    trained = trainings(folder, cached)
    there = {"gate": models, "metrics": models, "samples": samples, "training": trained, "data": data}
    names = [*OF_FAILED, *(name for name in SECTIONS if name not in OF_FAILED)] if failed else SECTIONS
    page = (
        environment()
        .get_template("report/page.html")
        .render(
            verdict=verdict(snapshot),
            looks=_looks(snapshot),
            leads_to=_leads_to(snapshot),
            sections=[(name, SECTIONS[name]) for name in names if there.get(name, True)],
            execution=execution,
            began=execution["startDate"],
            ended=end,
            causes=failed,
            glance=glance_of(end - execution["startDate"], data, costs, len(cached)),
            models=models,
            words=words_of(model.metrics for model in models if model.metrics),
            states=states_of(snapshot, folder),
            data=data,
            trainings=trained,
            samples=samples,
            settings=settings_of(read_object(folder / "request.json")),
            costs=costs,
            lineage=lineage_of(snapshot, packages),
            commands=commands_of(snapshot),
            earlier_reports=earlier_reports(folder),
        )
    )
    path = folder / PAGE
    path.write_text(page, encoding="utf-8", errors="replace")
    return path


def _leads_to(snapshot: Snapshot) -> str:
    """The run that has the results, where nothing was new; else ""."""
    quiet = quiet_end(snapshot.events)
    return quiet.run if quiet and quiet.kind == NOTHING_NEW else ""


def _models(snapshot: Snapshot, folder: Path) -> list[Model]:
    """Of each branch that has ended, and of each evaluation of a branch that has not."""
    results = {str(one.get("Model", "?")): one for one in model_results(snapshot.events)}
    evaluated = [path.stem.capitalize() for path in sorted((folder / "evaluation").glob("*.json"), reverse=True)]
    return [_model(name, results.get(name, {}), folder) for name in dict.fromkeys([*results, *evaluated])]


def _model(name: str, result: Mapping[str, Any], folder: Path) -> Model:
    gate, key = gate_of(folder, {"Model": name, **result}), name.lower()
    evaluation = read(folder / "evaluation" / f"{key}.json") if key in MAIN_METRIC else None
    metrics = metrics_of(key, evaluation, gate.parameters) if key in MAIN_METRIC else None
    status, version = str(result.get("Status", "")), str(result.get("ModelPackageVersion") or "")
    waits = bool(version) and result.get("ModelApprovalStatus") == "PendingManualApproval"
    return Model(name, status, str(result.get("Reason", "")), version, waits, metrics, gate)


def _looks(snapshot: Snapshot) -> str:
    """Which colours the verdict has: good, bad, or warn for what is neither."""
    if failures_of(snapshot):
        return "bad"
    statuses = {result.get("Status") for result in model_results(snapshot.events)}
    return "" if not statuses else "good" if statuses == {"Registered"} else "warn"


def _costs(folder: Path) -> dict[str, Any]:
    costs = read_object(folder / "costs.json")
    jobs = [job for job in objects(costs.get("Jobs")) if {"Step", "Seconds", "Usd", "UsdPerHour"} <= job.keys()]
    return {"AtMost": None, "Seconds": None, "Usd": None, "PricesOf": None, **object_of(costs), "Jobs": jobs}


def environment() -> Environment:
    """What the templates are read and filled with; every value is escaped."""
    environment = Environment(
        loader=PackageLoader("taproom", "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {"number": number, "known": _known, "minute": _minute, "second": _second, "took": time}
    environment.globals |= {"light": LIGHT, "dark": DARK}
    return environment


def _shown(value: Any) -> Any:
    """Texts of others on the page: what is invisible is written as an escape, and lines stay lines."""
    if type(value) is not str:  # templates' own text is Markup
        return value
    return "\n".join(printable(line) for line in value.split("\n"))


def number(value: Any) -> str:
    """Whole and large numbers with commas, others with four places, more for one that would be 0 with them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) >= LARGE:
        return f"{value:,.0f}"
    return f"{value:.4f}" if not value or abs(value) >= 0.00005 else f"{value:.1e}"


def _known(amount: Any, decimals: int = 4) -> str:
    return "unknown" if finite(amount) is None else f"{amount:,.{decimals}f}"


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"
