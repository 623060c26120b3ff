"""The picture that people want first: a box per job instead of the states that look it up, record it and try it again.

Which states belong to a task is told by their names, which are built from its name (statemachine/jobs.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from taproom.graph.model import Edge, Graph

OF_A_JOB = (
    "LookUp{}",
    "{}Cached?",
    "{}Hit",
    "{}Completed?",
    "{}Stopped",
    "{}Made",
    "Record{}",
    "Record{}Failed",
    "Triage{}",
    "Triage{}Failed",
    "Retry{}?",
    "Wait{}",
    "{}Failed",
)
OF_A_TASK = ("{}Failed",)


def folded(graph: Graph) -> Graph:
    """One node per task, choice, wait and end; its ``parts`` are the states that it stands for."""
    into = _representatives(graph)
    parts: dict[str, list[str]] = {}
    for node in graph.nodes:
        parts.setdefault(into[node.name], []).append(node.name)
    nodes = [
        replace(
            node,
            label=_without(graph.label, node.name),
            parts=tuple(parts[node.name]),
            branches=tuple(folded(branch) for branch in node.branches),
        )
        for node in graph.nodes
        if node.name in parts
    ]
    return Graph(graph.label, into[graph.start], tuple(nodes), tuple(_between(graph, into)))


def representatives(graph: Graph) -> dict[str, str]:
    """For each state of a graph, branches included, the one whose box it is folded into."""
    inner = [representatives(branch) for node in graph.nodes for branch in node.branches]
    return _representatives(graph) | {state: box for one in inner for state, box in one.items()}


def _representatives(graph: Graph) -> dict[str, str]:
    nodes = {node.name: node for node in graph.nodes}
    into: dict[str, str] = {}
    for node in graph.nodes:
        patterns = OF_A_JOB if node.kind == "job" else OF_A_TASK if node.kind in ("lambda", "task") else ()
        into |= {name: node.name for pattern in patterns if (name := pattern.format(node.name)) in nodes}
    goes_on = {edge.source: edge.target for edge in graph.edges if nodes[edge.source].kind == "pass"}
    return {name: _followed(name, into, goes_on) for name in nodes}


def _followed(name: str, into: dict[str, str], goes_on: dict[str, str]) -> str:
    """A Pass state that goes on only prepares what follows."""
    seen = set()
    while name not in seen:
        seen.add(name)
        if name in into:
            name = into[name]
        elif name in goes_on:
            name = goes_on[name]
    return name


def _between(graph: Graph, into: dict[str, str]) -> Iterator[Edge]:
    """The edges between boxes, each once; what several ways lead to is a catch only if they all are."""
    found: dict[tuple[str, str], Edge] = {}
    for edge in graph.edges:
        ends = into[edge.source], into[edge.target]
        if ends[0] == ends[1]:
            continue
        known = found.get(ends)
        if known is None or known.kind == "catch":
            found[ends] = Edge(*ends, edge.kind if edge.source == ends[0] else "next", edge.why)
    yield from found.values()


def _without(word: str, name: str) -> str:
    """The name without the word that its whole branch has in common, unless that is all of it."""
    return name.replace(word, "", 1) or name if word else name
