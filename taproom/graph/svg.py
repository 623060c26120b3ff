"""A graph as SVG, laid out and drawn by Graphviz: graphviz-pure, a program of its own that its package brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from xml.etree import ElementTree as ET

from taproom.charts.svg import SVG, shown, themed
from taproom.graph.dot import dot
from taproom.graph.model import Graph
from taproom.graph.outcomes import Course
from taproom.graph.words import edge_hint, hint, summary

PROGRAM = "graphviz-pure"
LIMIT = 60  # seconds; the whole state machine takes less than one


class DrawingFailed(RuntimeError):
    """Graphviz is not there, or does not draw."""


def svg(graph: Graph, title: str, course: Course | None = None) -> str:
    """The picture: one box per node; pointing at it tells more. ``title`` is any text. Raises DrawingFailed."""
    root = ET.fromstring(_drawn(dot(graph, course)))
    _tell(root, graph, course)
    _pixels(root)
    return themed(ET.tostring(root, encoding="unicode"), title=title, description=summary(graph, course))


def _drawn(text: str) -> str:
    program = _program()
    try:
        done = subprocess.run(
            [program, "-q", "-Tsvg"], input=text, capture_output=True, encoding="utf-8", timeout=LIMIT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DrawingFailed(f"{program} cannot draw: {error}. `make run` installs it") from error
    if done.returncode:
        raise DrawingFailed(f"{program} cannot draw: {done.stderr.strip()}")
    return done.stdout


@cache
def _program() -> Path:
    """Where its package says that it lies: `sam build` leaves it elsewhere than pip, and not as a program."""
    try:
        found = next((file.locate() for file in files(PROGRAM) or () if file.name == PROGRAM), None)
    except PackageNotFoundError:
        found = None
    if found is None:
        raise DrawingFailed(f"there is no package {PROGRAM}. `make run` installs it")
    program = Path(str(found))
    if program.is_file() and not os.access(program, os.X_OK):
        copy = Path(tempfile.mkdtemp(prefix=f"{PROGRAM}-")) / PROGRAM
        shutil.copyfile(program, copy)
        copy.chmod(0o700)
        return copy
    return program


def _tell(root: ET.Element, graph: Graph, course: Course | None) -> None:
    """Names of nodes and edges in DOT are numbers; the picture tells what they stand for."""
    nodes, edges = list(graph.all_nodes()), list(graph.all_edges())
    for group in root.iter(f"{{{SVG}}}g"):
        title = group.find(f"{{{SVG}}}title")
        kind = group.get("class")
        if title is None:
            continue
        if kind == "node" and (number := re.fullmatch(r"n(\d+)", title.text or "")):
            title.text = _shown_lines(hint(nodes[int(number[1])], course))
            _small_second_line(group)
        elif kind == "edge" and (number := re.fullmatch(r"e(\d+)", group.get("id", ""))):
            title.text = _shown_lines(edge_hint(edges[int(number[1])]))
        elif kind == "cluster" and (number := re.fullmatch(r"cluster_n(\d+)", title.text or "")):
            title.text = _shown_lines(hint(nodes[int(number[1])], course))
        else:
            group.remove(title)


def _small_second_line(group: ET.Element) -> None:
    for line in group.findall(f"{{{SVG}}}text")[1:]:
        line.set("font-size", "11")


def _pixels(root: ET.Element) -> None:
    """Graphviz says its size in points; the picture is as many pixels wide as its drawing has units."""
    _, _, width, height = (root.get("viewBox") or "0 0 0 0").split()
    root.set("width", f"{float(width):.0f}")
    root.set("height", f"{float(height):.0f}")


def _shown_lines(text: str) -> str:
    return "\n".join(map(shown, text.split("\n")))
