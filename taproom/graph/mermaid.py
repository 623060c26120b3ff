"""A graph as a Mermaid flowchart, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator

from taproom.graph.model import Graph, Node
from taproom.graph.outcomes import Course
from taproom.graph.words import detail, name
from taproom.printable import printable

SHAPES = {
    "job": ("[[", "]]"),
    "lambda": ("(", ")"),
    "task": ("[", "]"),
    "choice": ("{{", "}}"),
    "wait": ("[/", "/]"),
    "pass": ("[", "]"),
    "succeed": ("([", "])"),
    "fail": ("[/", "\\]"),
}
ARROWS = {"catch": "-.->"}
# Mermaid draws for light and dark by itself; an outcome is told by a strong outline, which is visible on both.
STYLES = {
    "succeeded": "stroke:#2f9e63,stroke-width:2px",
    "failed": "stroke:#d64541,stroke-width:3px",
    "cached": "stroke:#8e63ce,stroke-width:2px,stroke-dasharray:6 3",
    "aborted": "stroke:#c28a1f,stroke-width:3px",
    "running": "stroke:#3f83d8,stroke-width:3px",
    "not reached": "opacity:0.55",
}


def mermaid(graph: Graph, course: Course | None = None) -> str:
    """The flowchart's text. Names may be any text; what has a meaning in Mermaid is written as an entity."""
    ids = {node.name: f"s{number}" for number, node in enumerate(graph.all_nodes())}
    lines = ["flowchart TB", *_level(graph, ids, course, 1)]
    if course is not None:
        for status, style in STYLES.items():
            members = [ids[node.name] for node in graph.all_nodes() if course.outcomes[node.name].status == status]
            if members:
                called = status.replace(" ", "-")
                lines += [f"    classDef {called} {style}", f"    class {','.join(members)} {called}"]
    return "\n".join(lines) + "\n"


def _level(graph: Graph, ids: dict[str, str], course: Course | None, depth: int) -> Iterator[str]:
    indent = "    " * depth
    for node in graph.nodes:
        if not node.branches:
            yield f"{indent}{ids[node.name]}{_box(node, course)}"
            continue
        yield f"{indent}subgraph {ids[node.name]} [{_text(node.label)}]"
        for number, branch in enumerate(node.branches):
            yield f"{indent}    subgraph {ids[node.name]}_{number} [{_text(branch.label)}]"
            yield f"{indent}        direction TB"
            yield from _level(branch, ids, course, depth + 2)
            yield f"{indent}    end"
        yield f"{indent}end"
    for edge in graph.edges:
        yield f"{indent}{ids[edge.source]} {ARROWS.get(edge.kind, '-->')} {ids[edge.target]}"


def _box(node: Node, course: Course | None) -> str:
    opening, closing = SHAPES[node.kind]
    return f"{opening}{_text(name(node, course), detail(node, course))}{closing}"


def _text(*lines: str) -> str:
    return '"' + "<br/>".join("".join(map(_sign, printable(line))) for line in lines if line) + '"'


def _sign(sign: str) -> str:
    """Letters, digits and signs without a meaning as they are; all others as Mermaid's decimal entities."""
    return sign if sign.isalnum() or sign in " .,?:-_+✓✗↺■▶×" else f"#{ord(sign)};"
