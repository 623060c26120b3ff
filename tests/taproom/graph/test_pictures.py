"""The pictures themselves: Mermaid and SVG, whole and folded, with and without an execution."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taproom.charts.colours import LIGHT
from taproom.graph.definition import load_definition
from taproom.graph.docs import written
from taproom.graph.dot import dot
from taproom.graph.folding import folded
from taproom.graph.mermaid import mermaid
from taproom.graph.model import graph_of
from taproom.graph.outcomes import Course, Outcome
from taproom.graph.picture import picture
from taproom.graph.svg import svg
from taproom.graph.words import time

NAME = "{http://www.w3.org/2000/svg}"
STATUSES = ("succeeded", "failed", "cached", "aborted", "running", "not reached")
WHOLE = graph_of(load_definition())


def hints_of(text):
    """Kind and hint of every node, edge and cluster of a picture."""
    return [
        (group.get("class"), group.findtext(f"{NAME}title"))
        for group in ET.fromstring(text).iter(f"{NAME}g")
        if group.find(f"{NAME}title") is not None
    ]


def named(name, *more):
    """A definition of one state called ``name``, and its end."""
    return {
        "StartAt": name,
        "States": {
            name: {"Type": "Pass", "Comment": " ".join(more), "Next": "The end"},
            "The end": {"Type": "Succeed"},
        },
    }


def test_docs_hold_the_pictures_of_this_definition():
    """`make render` writes them anew."""
    for path, text in written().items():
        assert path.read_text(encoding="utf-8") == text, path


@pytest.mark.parametrize("graph", [WHOLE, folded(WHOLE)], ids=["all", "folded"])
def test_every_state_and_every_transition_is_in_the_svg(graph):
    hints = hints_of(svg(graph, "States"))
    boxes = [text.split(" (")[0] for kind, text in hints if kind in ("node", "cluster")]
    assert sorted(boxes) == sorted(node.name for node in graph.all_nodes())
    arrows = [text.split(" (")[0] for kind, text in hints if kind == "edge"]
    assert sorted(arrows) == sorted(f"{edge.source} → {edge.target}" for edge in graph.all_edges())


@pytest.mark.parametrize("graph", [WHOLE, folded(WHOLE)], ids=["all", "folded"])
def test_every_state_and_every_transition_is_in_the_mermaid_text(graph):
    text = mermaid(graph)
    labels = re.findall(r'^ *(?:subgraph )?(s\d+) ?\W+"([^"<]+)', text, re.MULTILINE)
    assert [label for _, label in labels] == [node.label for node in graph.all_nodes()]
    ids = {node.name: one for node, (one, _) in zip(graph.all_nodes(), labels, strict=True)}
    arrows = re.findall(r"^ *(s\d+) (?:-->|-\.->) (s\d+)$", text, re.MULTILINE)
    assert sorted(arrows) == sorted((ids[edge.source], ids[edge.target]) for edge in graph.all_edges())


def test_kinds_have_shapes_of_their_own():
    looks = {}
    for node in WHOLE.all_nodes():
        if not node.branches:
            line = next(
                line for line in dot(WHOLE).splitlines() if re.search(rf'label="{re.escape(node.label)}["\\\\]', line)
            )
            looks.setdefault(node.kind, re.findall(r'(?:shape|style|peripheries)="[^"]*"', line))
    assert looks.keys() == {"job", "lambda", "choice", "wait", "pass", "succeed", "fail"}
    assert len({tuple(one) for one in looks.values()}) == len(looks)


@pytest.mark.parametrize("status", STATUSES)
def test_an_outcome_is_told_by_colour_and_mark(status):
    course = Course(dict.fromkeys(("A", "The end"), Outcome(status, 12.4, 2)), frozenset(), "RUNNING")
    graph = graph_of(named("A"))
    text = svg(graph, "t", course)
    plain = svg(graph, "t")
    if status == "not reached":
        assert LIGHT["panel"] in text
        assert not set("✓✗↺■▶") & set(text)
        return
    role = {"succeeded": "good", "failed": "bad", "cached": "saved", "aborted": "warn", "running": "busy"}[status]
    assert f"fill-{role}-box" in text
    assert f"fill-{role}-box" not in plain
    mark = {"succeeded": "✓", "failed": "✗", "cached": "↺", "aborted": "■", "running": "▶"}[status]
    lines = [line.text for line in ET.fromstring(text).iter(f"{NAME}text")]
    assert lines[0] == f"{mark} A"
    assert lines[1] == ("12 s cached ×2" if status == "cached" else "12 s ×2")
    assert f'"{mark} A<br/>12 s' in mermaid(graph, course)
    assert f"class s0,s1 {status}" in mermaid(graph, course)


def test_ways_that_were_not_taken_are_paler():
    outcomes = dict.fromkeys(("A", "The end"), Outcome("succeeded"))
    graph = graph_of(named("A"))
    taken = Course(outcomes, frozenset({("A", "The end")}), "SUCCEEDED")
    assert "stroke-ink" in svg(graph, "t", taken)
    assert "stroke-ink" not in svg(graph, "t", Course(outcomes, frozenset(), "SUCCEEDED"))


HOSTILE = [
    "</text><script>alert(1)</script>",
    '"]; evil [label="',
    "\\N \\G \\l \\",
    "&amp; &lt; &#35;",
    'click s0 "javascript:alert(1)"',
    "a\nb\r\0\x1b[31m\u202e",
    "]]>",
    "%%{init: {}}%%",
    "`code` #quot;",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    graph = graph_of(named(name, name))
    root = ET.fromstring(svg(graph, name))
    shown = name.translate({10: "\\n", 13: "\\r", 0: "\\x00", 27: "\\x1b", 0x202E: "\\u202e"})
    assert shown in {one.text for one in root.iter(f"{NAME}text")}
    assert root[0].text == shown
    assert {element.tag.removeprefix(NAME) for element in root.iter()} <= {
        *("svg", "g", "title", "desc", "style", "text", "path", "polygon", "polyline", "ellipse"),
    }
    lines = mermaid(graph).splitlines()
    assert len(lines) == 4
    assert re.fullmatch(r' {4}s0\["[^"<>`&%\\;]*(?:#\d+;[^"<>`&%\\;]*)*<br/>pass"\]', lines[1])


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1) | st.sampled_from(["\ufffe", "\uffff", "\ud800", "\x0b"]))
def test_any_name_gives_a_picture(name):
    if name == "The end":
        return
    graph = graph_of(named(name))
    assert len(hints_of(svg(graph, name))) == 3


def test_a_picture_asks_for_nothing_from_outside():
    for every_state in (False, True):
        drawn = picture(every_state=every_state)
        text = svg(drawn.graph, drawn.title)
        assert re.findall(r"[a-z]+://[^\s\"'<)]*", text) == ["http://www.w3.org/2000/svg"]
        assert not re.search(r"<!|<\?|@import|url\(|href|<script|<image|<foreignObject| on\w+=", text)


def test_a_picture_fits_a_phone():
    """At least 9 pixels for a name where 360 are as wide as there is."""
    drawn = picture()
    width = float(ET.fromstring(svg(drawn.graph, drawn.title)).get("width"))
    assert 13 * 360 / width >= 9


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, ""),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_as_people_say_them(seconds, told):
    assert time(seconds) == told


def test_the_same_graph_gives_the_same_bytes():
    assert svg(WHOLE, "t") == svg(graph_of(json.loads(json.dumps(load_definition()))), "t")
