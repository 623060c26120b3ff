"""A picture of a run: quality by model for each data set, and time and memory by the number of ratings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.places import METRICS

LABELS = {"accuracy": "top-k", "recall_at_10": "recall@10", "recall_at_100": "recall@100", "ndcg_at_10": "NDCG@10"}


def plot(results: dict[str, Any], folder: Path) -> Path | None:
    """``folder``/bench.png; None where nothing was measured that can be drawn."""
    measured = [dataset for dataset in results["datasets"] if "quality" in dataset]
    panels = len(measured) + 2 * bool(results["scaling"])
    if not panels:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4 * panels), layout="constrained")
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(panels, 1, squeeze=False)[:, 0])
    for dataset in measured:
        _quality(axes.pop(0), dataset)
    if results["scaling"]:
        _by_size(axes.pop(0), results["scaling"], "seconds", 1.0, "wall time, s")
        _by_size(axes.pop(0), results["scaling"], "peak_bytes", 2.0**20, "peak memory, MiB")
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "bench.png"
    figure.savefig(target, dpi=120)
    return target


def _quality(axes: Any, dataset: dict[str, Any]) -> None:
    rows = [row for row in dataset["quality"]["rows"] if "metrics" in row]
    width = 0.8 / len(rows)
    for number, row in enumerate(rows):
        places = [place - 0.4 + (number + 0.5) * width for place in range(len(METRICS))]
        axes.bar(places, [row["metrics"][metric] for metric in METRICS], width, label=row["model"])
    axes.set_xticks(range(len(METRICS)), [LABELS[metric] for metric in METRICS])
    axes.set_title(dataset["name"])
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize="small")


def _by_size(axes: Any, sizes: list[dict[str, Any]], key: str, unit: float, label: str) -> None:
    for job in sizes[0]["jobs"]:
        axes.plot(
            [size["reviews"] for size in sizes], [size["jobs"][job][key] / unit for size in sizes], "o-", label=job
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("generated ratings")
    axes.set_ylabel(label)
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize="small")
