"""The documents of a run as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from bench.places import METRICS

NOTHING = "-"


def tables(results: dict[str, Any]) -> Iterator[Table]:
    """One table per part and data set, in the order of the run."""
    for dataset in results["datasets"]:
        for part, build in PARTS.items():
            if part in dataset:
                yield build(dataset["name"], dataset[part])
    if results["scaling"]:
        yield scaling(results["scaling"])


def quality(name: str, part: dict[str, Any]) -> Table:
    table = _table(
        f"Quality: {name}",
        f"{part['users']:,} users, {part['items']:,} items, {part['train']:,} train and {part['test']:,} test reviews; "
        "top-k: seen items not left out, all else: left out. Tuned on a validation slice of train by NDCG@10, "
        "'best per column' by that column's own metric",
        ["model", "setting"],
        ["fit s", f"top-{part['k']}", "recall@10", "recall@100", "NDCG@10"],
    )
    rows = [row for row in part["rows"] if "metrics" in row]
    best = {metric: max(row["metrics"][metric] for row in rows) for metric in METRICS}
    for row in part["rows"]:
        if "skipped" in row:
            table.add_row(row["model"], row["skipped"], *[NOTHING] * 5)
            continue
        cells = [_emphasised(row["metrics"][metric], best[metric]) for metric in METRICS]
        table.add_row(row["model"], row["setting"], _seconds(row["fit_seconds"]), *cells)
    return table


def ranking(name: str, part: dict[str, Any]) -> Table:
    table = _table(
        f"Ranking: {name}",
        f"{part['users']:,} users, {part['items']:,} items, {part['train']:,} train and {part['test']:,} test reviews; "
        "tuned by RMSE on the reviews of train that our model chooses its epochs by",
        ["model", "setting"],
        ["seconds", "RMSE", "MAE"],
    )
    best = {metric: min(row["metrics"][metric] for row in part["rows"]) for metric in ("rmse", "mae")}
    for row in part["rows"]:
        cells = [_emphasised(row["metrics"][metric], lowest) for metric, lowest in best.items()]
        table.add_row(row["model"], row["setting"], _seconds(row["seconds"]), *cells)
    return table


def recipe(name: str, part: dict[str, Any]) -> Table:
    every, epochs = part["all_epochs"], part["epochs"]
    table = _table(
        f"Preprocess + train + evaluate, processes with imports: {name}",
        f"The recipe was run with {epochs} of its {every} epochs",
        [""],
        ["seconds", "top-k", "recall@10", "recall@100", "NDCG@10", "recipe / Taproom"],
    )
    ours, theirs = part["metrics"]["ours"], part["metrics"]["recipe"]
    table.add_row("Taproom", _seconds(part["ours"]["seconds"]), *_metrics(ours), NOTHING)
    label = f"tutorial's recipe, {epochs} epochs, measured"
    table.add_row(label, _seconds(part["recipe"]["seconds"]), *_metrics(theirs), f"{part['ratio']:.1f}")
    if guess := part["extrapolated"]:
        label = f"tutorial's recipe, {every} epochs, NOT measured: extrapolated"
        table.add_row(label, _seconds(guess["seconds"]), *[NOTHING] * len(METRICS), f"{guess['ratio']:.1f}")
    return table


def evaluation(name: str, part: dict[str, Any]) -> Table:
    size = f"{part['users']:,} users x {part['dimension']} x {part['items']:,} items"
    table = _bare(f"Evaluation beside bare matrix products: {name}", f"{size}, float32, no imports")
    table.add_row("matrix products", f"{part['bare_seconds']:.3f}", "1.0")
    table.add_row("evaluate, repeated", f"{part['seconds']:.3f}", f"{part['ratio']:.1f}")
    table.add_row("evaluate, first call", f"{part['first_seconds']:.3f}", f"{part['first_ratio']:.1f}")
    table.add_row("unpack and load the model", f"{part['load_seconds']:.3f}", NOTHING)
    return table


def preprocess(name: str, part: dict[str, Any]) -> Table:
    size = f"{part['bytes'] / 2**20:,.1f} MiB, columns {', '.join(part['columns'])}"
    table = _bare(f"Preprocess beside a bare scan: {name}", f"{size}; no imports")
    table.add_row("scan by DuckDB", f"{part['bare_seconds']:.3f}", "1.0")
    table.add_row("preprocess, repeated", f"{part['seconds']:.3f}", f"{part['ratio']:.1f}")
    table.add_row("preprocess, first call", f"{part['first_seconds']:.3f}", f"{part['first_ratio']:.1f}")
    return table


def scaling(sizes: Sequence[dict[str, Any]]) -> Table:
    table = _table(
        "Scaling: generated ratings, each job a process with imports",
        "",
        ["ratings", "items"],
        ["job", "wall s", "CPU s", "peak MiB", "µs / rating"],
    )
    for size in sizes:
        head = [f"{size['reviews']:,}", f"{size['items']:,}"]
        for job, run in size["jobs"].items():
            label = f"{job} ({size['epochs']} epochs)" if job == "train" and size["epochs"] else job
            cells = [f"{run['peak_bytes'] / 2**20:,.0f}", f"{run['microseconds_per_rating']:.1f}"]
            table.add_row(*head, label, _seconds(run["seconds"]), _seconds(run["cpu_seconds"]), *cells)
            head = ["", ""]
    return table


PARTS = {"quality": quality, "ranking": ranking, "recipe": recipe, "evaluation": evaluation, "preprocess": preprocess}


def _table(title: str, caption: str, left: Sequence[str], right: Sequence[str]) -> Table:
    # names of files and columns are literal: brackets in them are no markup
    table = Table(title=escape(title), caption=escape(caption) or None, title_justify="left", caption_justify="left")
    for column in left:
        table.add_column(column)
    for column in right:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _bare(title: str, caption: str) -> Table:
    return _table(title, caption, [""], ["seconds", "times the bare"])


def _metrics(values: dict[str, float]) -> list[str]:
    return [f"{values[metric]:.4f}" for metric in METRICS]


def _emphasised(value: float, best: float) -> str:
    return f"[bold]{value:.4f}[/bold]" if value == best else f"{value:.4f}"


def _seconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}"
