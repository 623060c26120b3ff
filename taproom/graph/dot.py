"""A graph in the DOT language, in the light colours of taproom.charts: what Graphviz lays out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from taproom.charts.colours import LIGHT
from taproom.charts.svg import shown
from taproom.graph.model import Edge, Graph, Node
from taproom.graph.outcomes import Course, edge_taken
from taproom.graph.words import detail, name

SHAPES = {
    "job": {"shape": "box", "style": "filled", "peripheries": "2"},
    "lambda": {"shape": "box", "style": "filled,rounded"},
    "task": {"shape": "box", "style": "filled"},
    "choice": {"shape": "hexagon", "style": "filled", "margin": "0.02,0.04"},
    "wait": {"shape": "box", "style": "filled,rounded,dashed"},
    "pass": {"shape": "box", "style": "filled", "width": "0.9"},
    "succeed": {"shape": "box", "style": "filled,rounded", "peripheries": "2", "width": "0.9"},
    "fail": {"shape": "octagon", "style": "filled", "peripheries": "2", "margin": "0,0", "width": "0.9"},
}
# outline, writing and filling of a box
COLOURS = {
    "": ("edge", "ink", "box"),
    "not reached": ("line", "soft", "panel"),
    "succeeded": ("good", "ink", "good-box"),
    "failed": ("bad", "ink", "bad-box"),
    "cached": ("saved", "ink", "saved-box"),
    "aborted": ("warn", "ink", "warn-box"),
    "running": ("busy", "ink", "busy-box"),
}
ALL = {"fontname": "Arial"}  # its measures are in graphviz-pure; the writing itself is in what the reader has


def dot(graph: Graph, course: Course | None = None) -> str:
    """The digraph's text. Node n of ``graph.all_nodes()`` is called ``n<number>``, edge n has the id ``e<number>``."""
    ids = {node.name: f"n{number}" for number, node in enumerate(graph.all_nodes())}
    numbers = {id(edge): number for number, edge in enumerate(graph.all_edges())}
    writer = _Writer(ids, numbers, course)
    whole = {"compound": "true", "nodesep": "0.2", "ranksep": "0.32", "bgcolor": LIGHT["paper"], "pad": "0.15", **ALL}
    boxes = {"fontsize": "13", "margin": "0.14,0.06", "height": "0.45", "width": "1.45", **ALL}
    arrows = {"arrowsize": "0.6", "penwidth": "1.2"}
    lines = [
        "digraph {",
        f"graph {_list(whole)}",
        f"node {_list(boxes)}",
        f"edge {_list(arrows)}",
        *writer.level(graph),
        "}",
    ]
    return "\n".join(lines) + "\n"


class _Writer:
    def __init__(self, ids: dict[str, str], numbers: dict[int, int], course: Course | None) -> None:
        self.ids, self.numbers, self.course = ids, numbers, course

    def level(self, graph: Graph) -> Iterator[str]:
        for node in graph.nodes:
            yield from self._frame(node) if node.branches else [f"{self.ids[node.name]} {_list(self._box(node))}"]
        frames = {node.name for node in graph.nodes if node.branches}
        goes_on = {edge.source for edge in graph.edges}
        for edge in graph.edges:
            yield self._edge(edge, frames, edge.target in goes_on)

    def _box(self, node: Node) -> dict[str, str]:
        status = self.course.outcomes[node.name].status if self.course else ""
        outline, ink, box = (LIGHT[role] for role in COLOURS[status])
        lines = [line for line in (name(node, self.course), detail(node, self.course)) if line]
        return {
            **SHAPES[node.kind],
            "label": "\\n".join(map(_text, lines)),
            "color": outline,
            "fontcolor": ink,
            "fillcolor": box,
            "penwidth": "1.6" if status not in ("", "not reached") else "1.1",
        }

    def _frame(self, node: Node) -> Iterator[str]:
        """Branches side by side, between two unseen points: what comes before is above, what follows below."""
        own = self.ids[node.name]
        label = " ".join(part for part in (name(node, self.course), _took(node, self.course)) if part)
        yield f"subgraph cluster_{own} {{"
        yield f"graph {_list(_frame_looks(label, 'panel'))}"
        for number, branch in enumerate(node.branches):
            yield f"subgraph cluster_{own}_{number} {{"
            yield f"graph {_list(_frame_looks(branch.label, 'paper'))}"
            yield from self.level(branch)
            yield "}"
        point = {"shape": "point", "style": "invis", "width": "0", "height": "0", "label": ""}
        yield f"{own}_before {_list(point)}"
        yield f"{own}_after {_list(point)}"
        for branch in node.branches:
            yield f"{own}_before -> {self._first(branch)} {_list({'style': 'invis', 'weight': '2'})}"
            sources = {edge.source for edge in branch.edges}
            for end in (inner for inner in branch.nodes if inner.name not in sources):
                yield f"{self._last(end)} -> {own}_after {_list({'style': 'invis', 'weight': '0'})}"
        yield "}"

    def _first(self, branch: Graph) -> str:
        start = next(node for node in branch.nodes if node.name == branch.start)
        return self.ids[start.name] + ("_before" if start.branches else "")

    def _last(self, node: Node) -> str:
        return self.ids[node.name] + ("_after" if node.branches else "")

    def _edge(self, edge: Edge, frames: set[str], goes_on: bool) -> str:
        """The way that goes on is drawn as straight as can be; ends stand beside it."""
        looks = {"id": f"e{self.numbers[id(edge)]}", "color": LIGHT["edge"]}
        source, target = self.ids[edge.source], self.ids[edge.target]
        if edge.kind == "next" or (goes_on and edge.kind != "catch"):
            looks["weight"] = "60"
        if edge.source in frames or edge.target in frames:
            looks["minlen"] = "2"
        if edge.source in frames:
            looks["ltail"] = f"cluster_{source}"
            source += "_after"
        if edge.target in frames:
            looks["lhead"] = f"cluster_{target}"
            target += "_before"
        if edge.kind == "catch":
            looks["style"] = "dashed"
        if self.course is not None:
            looks["color"] = LIGHT["ink" if edge_taken(self.course, edge) else "line"]
        return f"{source} -> {target} {_list(looks)}"


def _took(node: Node, course: Course | None) -> str:
    return f"· {detail(node, course)}" if course and course.outcomes[node.name].seconds is not None else ""


def _frame_looks(label: str, filling: str) -> dict[str, str]:
    return {
        "label": _text(label),
        "style": "filled,rounded",
        "color": LIGHT["line"],
        "fillcolor": LIGHT[filling],
        "fontcolor": LIGHT["soft"],
        "fontsize": "12",
        "labeljust": "l",
        "margin": "8",
        **ALL,
    }


def _text(text: str) -> str:
    """Any text as part of a label: DOT reads entities and escapes in it."""
    return escape(shown(text), quote=False).replace("\\", "\\\\")


def _list(attributes: dict[str, str]) -> str:
    quoted = (f'{key}="{value.replace(chr(34), chr(92) + chr(34))}"' for key, value in attributes.items())
    return f"[{' '.join(quoted)}]"
