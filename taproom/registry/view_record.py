"""`taproom show` on a terminal: everything told of a version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from taproom.ending import name_of
from taproom.printable import printable
from taproom.registry.cells import NOTHING, interval, minute, number, plain_table, status, text
from taproom.registry.documents import at
from taproom.registry.quality import BASELINES, CHAMPION
from taproom.registry.record import Record

VERDICTS = {"passed": "green", "failed": "red", "off": "dim", "not comparable": "yellow"}


def print_record(console: Console, record: Record, champion: bool) -> None:
    version = record.version
    title = Text.assemble((version.name, "bold"), "  ", status(version.approval_status))
    console.print(title + Text("  ★ champion" if champion else ""))
    facts = {
        "created": minute(version.created),
        "comment": version.comment or None,
        "execution": name_of(record.told("ExecutionArn")) or None,
        "parent": _parent(record.told("ParentVersion")),
        "SageMaker": version.package_status if version.failed else None,
    }
    _print_facts(console, {name: value for name, value in facts.items() if value})
    _print_metrics(console, record)
    _print_gate(console, record)
    _print_data(console, record)
    _section(console, "Parameters", record.parameters, record.missing.get("model card", "the model card has none"))
    places = {
        "model package": version.arn,
        "artifact": version.artifact_uri,
        "image": version.image,
        "evaluation": version.evaluation_uri,
        "gate": record.told("GateUri"),
        "report": record.told("ReportUri"),
        "data": record.told("ManifestUri"),
        "code": record.told("CodeDigest"),
    }
    _section(console, "Where", places, "")


def _print_metrics(console: Console, record: Record) -> None:
    quality, names = record.quality, (*BASELINES[record.version.model], CHAMPION)
    beside = [name for name in names if name in quality.others]
    _heading(console, "Metrics", record.missing.get("evaluation"))
    table = plain_table()
    table.add_column("  metric")
    table.add_column("model", justify="right")
    table.add_column("95 % interval", style="dim")
    for name in beside:
        table.add_column(name.replace("_", " "), justify="right", style="dim")
    for name, measured in quality.metrics.items():
        others = [quality.others[one].get(name) for one in beside]
        shown = [number(one.value) if one else NOTHING for one in others]
        table.add_row(text(f"  {name}"), number(measured.value), interval(measured), *shown)
    if quality.metrics:
        console.print(table)


def _print_gate(console: Console, record: Record) -> None:
    _heading(console, "Gate", record.missing.get("gate"))
    if reason := record.gate.content.get("reason"):
        console.print(text(f"  {reason}"))
    table = plain_table()
    table.add_column("  rule")
    table.add_column("verdict", no_wrap=True)
    for name in ("value", "limit"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("reason")
    for rule in record.rules:
        verdict = str(rule.get("verdict", ""))
        values = (number(rule.get(name)) for name in ("value", "limit"))
        table.add_row(
            text(f"  {rule.get('rule', '')}"),
            text(verdict, VERDICTS.get(verdict, "")),
            *values,
            text(rule.get("reason")),
        )
    if record.rules:
        console.print(table)


def _print_data(console: Console, record: Record) -> None:
    manifest = record.manifest.content
    _heading(console, "Data", record.missing.get("data"))
    facts: dict[str, Any] = {}
    if manifest:
        dropped = {cause: count for cause, count in (at(manifest, "dropped") or {}).items() if count}
        facts = {
            "reviews": f"{_count(manifest, 'kept')} kept of {_count(manifest, 'read')} read{_dropped(dropped)}",
            "train, test": f"{_count(manifest, 'train')}, {_count(manifest, 'test')}",
            "users, items": f"{_count(manifest, 'users')}, {_count(manifest, 'items')}",
            "split": ", ".join(f"{name} {value}" for name, value in (at(manifest, "split") or {}).items()),
        }
    facts |= {"reviews digest": record.told("ReviewsDigest"), "manifest digest": record.told("ManifestDigest")}
    _print_facts(console, {name: value for name, value in facts.items() if value})


def _section(console: Console, title: str, facts: dict[str, Any], nothing: str) -> None:
    _heading(console, title, "" if facts else nothing)
    _print_facts(console, facts)


def _heading(console: Console, title: str, missing: str | None) -> None:
    """``missing``: why there is nothing, or not all, under it."""
    console.print()
    console.print(Text(title, "bold") + (text(f"  {missing}", "yellow") if missing else Text()), soft_wrap=True)


def _print_facts(console: Console, facts: dict[str, Any]) -> None:
    """A line per fact; long ones run on, so that a URI can be copied whole."""
    names = {name: printable(name) for name in facts}
    width = max(map(len, names.values()), default=0)
    for name, value in facts.items():
        console.print(Text.assemble((f"  {names[name]:<{width}}  ", "dim"), text(value)), soft_wrap=True)


def _parent(arn: str) -> str:
    """A version's ARN as it is called on the command line."""
    if arn in ("", "none"):
        return arn
    group, _, number = arn.rpartition("/")
    return f"{group.rpartition('-')[2]}/{number}"


def _count(manifest: dict[str, Any], name: str) -> str:
    value = manifest.get(name)
    return f"{value:,}" if isinstance(value, int) else NOTHING


def _dropped(causes: dict[str, Any]) -> str:
    return f" (dropped: {', '.join(_words(causes.items()))})" if causes else ""


def _words(causes: Iterable[tuple[str, Any]]) -> Iterable[str]:
    return (f"{count:,} {cause.replace('_', ' ')}" for cause, count in causes)
