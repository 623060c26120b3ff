"""A definition (Amazon States Language) as a graph: states are nodes, transitions edges, a Parallel state's branches
graphs of their own inside its node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JOB = re.compile(r":sagemaker:create(\w+?)Job\b")
WORD = re.compile(r"[A-Z][a-z0-9]*|[a-z0-9]+")


@dataclass(frozen=True)
class Edge:
    """A transition. ``kind`` is next, choice, default or catch; ``why`` is what it is taken for, where it says so."""

    source: str
    target: str
    kind: str = "next"
    why: str = ""


@dataclass(frozen=True)
class Node:
    """A state. ``kind`` is job, lambda, task, choice, wait, pass, succeed, fail or parallel.

    ``label`` is what the box says, ``detail`` what it is; ``parts`` are the states that it stands for.
    """

    name: str
    kind: str
    label: str
    detail: str
    comment: str = ""
    parts: tuple[str, ...] = ()
    branches: tuple[Graph, ...] = ()


@dataclass(frozen=True)
class Graph:
    """States on one level, in the order of the way through them. ``label`` names a branch."""

    label: str
    start: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def all_nodes(self) -> Iterator[Node]:
        """Every node, those of branches included."""
        for node in self.nodes:
            yield node
            for branch in node.branches:
                yield from branch.all_nodes()

    def all_edges(self) -> Iterator[Edge]:
        """Every edge, those of branches included."""
        yield from self.edges
        for node in self.nodes:
            for branch in node.branches:
                yield from branch.all_edges()


def graph_of(definition: Mapping[str, Any], label: str = "") -> Graph:
    """Every state and transition of a definition, in an order that does not depend on how it is written."""
    states, start = definition["States"], definition["StartAt"]
    order = _in_order(states, start)
    edges = [edge for name in order for edge in _edges(name, states[name])]
    return Graph(label, start, tuple(_node(name, states[name]) for name in order), tuple(edges))


def _in_order(states: Mapping[str, Any], start: str) -> list[str]:
    """States as a run comes to them: the way that is usual first, what is caught last, then what nothing leads to."""
    usual = {"next": 0, "default": 0, "choice": 1, "catch": 2}
    order: dict[str, None] = {}
    ahead = [*sorted(states, reverse=True), start]
    while ahead:
        name = ahead.pop()
        if name not in order:
            order[name] = None
            ahead += [edge.target for edge in sorted(_edges(name, states[name]), key=lambda edge: -usual[edge.kind])]
    return list(order)


def _node(name: str, state: Mapping[str, Any]) -> Node:
    kind, detail = _kind(state)
    branches = [
        graph_of(branch, _common_word(branch["States"]) or f"Branch {number}")
        for number, branch in enumerate(state.get("Branches", ()), 1)
    ]
    return Node(name, kind, name, detail, state.get("Comment", ""), (name,), tuple(branches))


def _kind(state: Mapping[str, Any]) -> tuple[str, str]:
    """What a state is, as a kind and in words."""
    if state["Type"] != "Task":
        words = {"Succeed": "end", "Fail": "end, failed", "Pass": "result" if state.get("End") else "pass"}
        return state["Type"].lower(), words.get(state["Type"], state["Type"].lower())
    resource = state.get("Resource", "")
    if job := JOB.search(resource):
        return "job", f"{job[1].lower()} job"
    # before it is deployed a function's ARN is a substitution: ${PrepareArn}
    is_function = ":lambda:" in resource or resource.startswith("${")
    return ("lambda", "Lambda") if is_function else ("task", "task")


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[Edge]:
    if "Next" in state:
        yield Edge(name, state["Next"])
    for choice in state.get("Choices", ()):
        yield Edge(name, choice["Next"], "choice", _condition(choice))
    if "Default" in state:
        yield Edge(name, state["Default"], "default", "otherwise")
    for catch in state.get("Catch", ()):
        yield Edge(name, catch["Next"], "catch", ", ".join(catch["ErrorEquals"]))


def _condition(choice: Mapping[str, Any]) -> str:
    """A simple comparison in words; others are too long for a picture."""
    rest = {key: value for key, value in choice.items() if key not in ("Variable", "Next", "Comment")}
    if "Variable" not in choice or len(rest) != 1:
        return ""
    ((operator, value),) = rest.items()
    operator = "=" if operator.endswith("Equals") else operator
    return f"{choice['Variable'].removeprefix('$.')} {operator} {json.dumps(value)}"


def _common_word(names: Mapping[str, Any]) -> str:
    """The word that the names of all of a branch's states have in common, if there is one: what the branch is about."""
    first, *others = ([*WORD.findall(name)] for name in names)
    return next((word for word in first if all(word in other for other in others)), "")
