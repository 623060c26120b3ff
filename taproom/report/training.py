"""How training went: loss and validation by epoch, read from the logs of the training jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taproom.cached import CachedStep, run_folder
from taproom.charts.colours import LIGHT
from taproom.progress import EPOCH
from taproom.registry.documents import objects
from taproom.report.documents import read_object
from taproom.report.figures import Figure, colours_of, figure

STEPS = {"Retrieval": "TrainRetrieval", "Ranking": "TrainRanking"}
CHOSEN = re.compile(r"^(best epoch|closed forms?)\b.*")
# of retrieval, the geometric mean of NDCG at 10, recall at 100 and top-500 accuracy
VALIDATION = {"Retrieval": "score on reviews set aside", "Ranking": "RMSE on reviews set aside"}
FIT, REFIT = "fit", "refit on all"
MOST_TICKS = 10  # epochs that are named each
MOST_DOTS = 200  # epochs that have a dot each; of more there is the line alone
LARGEST_LOG = 16 * 2**20  # bytes that are read of a log


@dataclass(frozen=True)
class Epoch:
    """One pass over the reviews. ``validation`` is None where nothing was set aside to measure on."""

    series: str
    number: int
    loss: float
    validation: float | None = None


@dataclass(frozen=True)
class Training:
    """Of one model; ``earlier`` is the run that trained it where this one did not. Without figures, ``missing``."""

    model: str
    figures: list[Figure] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    earlier: str = ""
    missing: str = ""


def trainings(folder: Path, cached: Iterable[CachedStep]) -> list[Training]:
    """Of each model whose training is told of, here or in the earlier run's folder beside this one."""
    from_earlier = {one.step: one.run for one in cached}
    told = []
    for model, step in STEPS.items():
        earlier = from_earlier.get(step, "")
        place = run_folder(folder.parent, earlier) if earlier else folder
        lines = [line for log in _logs(place, step) for line in log]
        if lines or earlier:
            told.append(_training(model, lines, earlier))
    return told


def read_epochs(lines: Iterable[str]) -> list[Epoch]:
    """In their order; one that was trained again, after a retry, counts as it was last."""
    found: dict[tuple[str, int], Epoch] = {}
    for line in lines:
        match = EPOCH.search(line)
        if not match:
            continue
        try:
            series, number, loss = REFIT if match["refit"] else FIT, int(match["epoch"]), float(match["loss"])
            validation = float(match["validation"]) if match["validation"] else None
        except ValueError:  # a line that was cut
            continue
        found[series, number] = Epoch(series, number, loss, validation)
    return [found[key] for key in sorted(found, key=lambda key: (key[0] != FIT, key[1]))]


def _training(model: str, lines: list[str], earlier: str) -> Training:
    epochs = read_epochs(lines)
    chosen = [line.strip() for line in lines if CHOSEN.match(line.strip())]
    if not epochs:
        where = f"run {earlier} is not collected here" if earlier else "its log tells of no epoch"
        return Training(model, chosen=chosen, earlier=earlier, missing=f"No curves: {where}.")
    validated = [one for one in epochs if one.validation is not None]
    figures = [_curve(f"{model}: loss", "loss", [(one.series, one.number, one.loss) for one in epochs])]
    if validated:
        points = [(one.series, one.number, one.validation) for one in validated]
        figures.append(_curve(f"{model}: validation", VALIDATION[model], points))
    return Training(model, figures, chosen, earlier)


def _curve(title: str, measured: str, points: list[tuple[str, int, Any]]) -> Figure:
    series = list(dict.fromkeys(name for name, _, _ in points))
    values = [{"series": name, "epoch": number, "value": value} for name, number, value in points]
    epochs = sorted({number for _, number, _ in points})
    ticks = {"values": epochs} if len(epochs) <= MOST_TICKS else {"tickMinStep": 1}
    mark = {"type": "line", "point": {"size": 28} if len(points) <= MOST_DOTS else False, "strokeWidth": 2}
    if len(series) == 1:
        mark["color"] = LIGHT["busy"]
    spec = {
        "height": 240,
        "data": {"values": values},
        "mark": mark,
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "axis": {"grid": False, "format": "d", **ticks},
            },
            "y": {"field": "value", "type": "quantitative", "title": measured, "scale": {"zero": False, "padding": 8}},
            "color": colours_of(series),
        },
    }
    first, last = points[0], [one for one in points if one[0] == series[0]][-1]
    told = f"A line from {first[2]:.4g} in epoch {first[1]} to {last[2]:.4g} in epoch {last[1]}."
    return figure(title, spec, told, ["", "epoch", measured], [list(point) for point in points])


def _logs(folder: Path, step: str) -> Iterable[list[str]]:
    """The lines of each log of the step's jobs, in the order of the jobs."""
    for job in objects(_costs(folder).get("Jobs")):
        if job.get("Step") == step and isinstance(job.get("JobName"), str):
            path = folder / "logs" / f"{Path(job['JobName']).name}.log"
            try:
                with path.open(encoding="utf-8", errors="replace") as log:
                    yield log.read(LARGEST_LOG).splitlines()
            except OSError:
                continue


def _costs(folder: Path) -> Mapping[str, Any]:
    return read_object(folder / "costs.json")
