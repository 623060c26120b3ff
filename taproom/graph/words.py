"""What the pictures say in words, the same in all of them."""

from __future__ import annotations

from taproom.graph.model import Edge, Graph, Node
from taproom.graph.outcomes import MARKS, NOT_REACHED, Course, Outcome


def name(node: Node, course: Course | None) -> str:
    """A box's first line: its label, after the mark of what came of it."""
    mark = MARKS.get(course.outcomes[node.name].status, "") if course is not None else ""
    return f"{mark} {node.label}".strip()


def detail(node: Node, course: Course | None) -> str:
    """A box's second line, or "": what the state is, unless its shape says it all, or how it went."""
    outcome = course.outcomes[node.name] if course is not None else Outcome(NOT_REACHED)
    if outcome.status == NOT_REACHED:
        return "" if node.kind == "choice" else node.detail
    told = [time(outcome.seconds), "cached" if outcome.status == "cached" else "", _attempt(outcome)]
    return " ".join(part for part in told if part) or ("" if node.kind == "choice" else node.detail)


def hint(node: Node, course: Course | None) -> str:
    """What pointing at a box tells: the state's full name, what it is for, and what came of it."""
    parts = [f"{node.name} ({node.detail})", node.comment]
    if course is not None:
        outcome = course.outcomes[node.name]
        parts += [" ".join(part for part in (outcome.status, time(outcome.seconds), _attempt(outcome)) if part)]
        parts += [outcome.error, outcome.cached_from and f"from run {outcome.cached_from}"]
    return "\n".join(part for part in parts if part)


def time(seconds: float | None) -> str:
    """A duration as people say it: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds is None:
        return ""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _attempt(outcome: Outcome) -> str:
    return f"×{outcome.visits}" if outcome.visits > 1 else ""


def edge_hint(edge: Edge) -> str:
    reason = f" ({'on ' if edge.kind == 'catch' else ''}{edge.why})" if edge.why else ""
    return f"{edge.source} → {edge.target}{reason}"


def summary(graph: Graph, course: Course | None) -> str:
    """The whole picture in words, for those who do not see it."""
    nodes = list(graph.all_nodes())
    if course is None:
        return f"A state machine of {len(nodes)} states, from {graph.start}: " + ", ".join(node.name for node in nodes)
    told = [f"{node.name} {course.outcomes[node.name].status}" for node in nodes]
    return f"An execution, {course.status.lower().replace('_', ' ')}, of {len(nodes)} states: " + ", ".join(told)
