"""The definition as a graph, whole and folded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taproom.graph.definition import definition_file, load_definition
from taproom.graph.folding import folded, representatives
from taproom.graph.model import Edge, graph_of
from tests.taproom.graph.histories import JOB

PROJECT = Path(__file__).resolve().parents[3]


def states_of(definition):
    for name, state in definition["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from states_of(branch)


def transitions_of(definition):
    """Read apart from the code under test: every "Next" and "Default" there is in a state, wherever it stands."""
    for name, state in states_of(definition):
        rest = {key: value for key, value in state.items() if key != "Branches"}
        for target in targets_in(rest):
            yield name, target


def targets_in(node):
    if isinstance(node, list):
        for one in node:
            yield from targets_in(one)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("Next", "Default") and isinstance(value, str):
                yield value
            elif key not in ("Parameters", "ResultSelector", "Result"):
                yield from targets_in(value)


def test_the_definition_is_the_templates():
    assert definition_file() == PROJECT / "statemachine" / "retraining.asl.json"


def test_every_state_and_every_transition_is_in_the_graph():
    definition = json.loads((PROJECT / "statemachine" / "retraining.asl.json").read_text())
    graph = graph_of(definition)
    assert sorted(node.name for node in graph.all_nodes()) == sorted(name for name, _ in states_of(definition))
    edges = [(edge.source, edge.target) for edge in graph.all_edges()]
    assert sorted(edges) == sorted(transitions_of(definition))
    assert len(edges) > 100


def test_every_state_is_in_exactly_one_box_of_the_folded_graph():
    graph = graph_of(load_definition())
    boxes = list(folded(graph).all_nodes())
    assert sorted(part for box in boxes for part in box.parts) == sorted(node.name for node in graph.all_nodes())
    assert representatives(graph) == {part: box.name for box in boxes for part in box.parts}


def test_the_folded_graph_is_what_a_person_needs():
    graph = folded(graph_of(load_definition()))
    assert [node.label for node in graph.nodes if node.kind != "succeed"] == [
        *("TakeLease", "LeaseTaken?", "Debounce", "Prepare", "AnythingToDo?", "Preprocess", "Models"),
        *("AnyModelFailed?", "RecordRun", "ModelsFailed"),
    ]
    (models,) = [node for node in graph.nodes if node.branches]
    assert [branch.label for branch in models.branches] == ["Retrieval", "Ranking"]
    for branch in models.branches:
        assert [node.label for node in branch.nodes] == [
            *("Train", "FindChampion", "Evaluate", "ParseEvaluation", "Gate", "PassesGate?"),
            *("Rejected", "RegisterModel", "Registered"),
        ]


def test_a_job_is_one_box_that_leads_on():
    graph = folded(graph_of(JOB))
    assert [(node.name, node.kind, len(node.parts)) for node in graph.nodes] == [
        ("Train", "job", 12),
        ("Done", "succeed", 1),
    ]
    assert graph.start == "Train"
    assert [(edge.source, edge.target, edge.kind) for edge in graph.edges] == [("Train", "Done", "next")]


def test_the_order_of_the_way_is_kept_however_the_definition_is_written():
    names = [node.name for node in graph_of(JOB).nodes]
    assert names[:7] == ["LookUpTrain", "TrainCached?", "Train", "TrainCompleted?", "TrainMade", "RecordTrain", "Done"]
    turned = JOB | {"States": dict(reversed(JOB["States"].items()))}
    assert graph_of(turned) == graph_of(JOB)


def test_what_a_choice_is_taken_for_is_told():
    edges = graph_of(JOB).edges
    assert Edge("TrainCached?", "TrainHit", "choice", "LookUpTrain.Hit = true") in edges
    assert Edge("TrainCached?", "Train", "default", "otherwise") in edges
    assert Edge("Train", "TriageTrain", "catch", "States.ALL") in edges


def test_a_template_without_a_state_machine_has_no_picture(tmp_path):
    (tmp_path / "template.yaml").write_text("Resources: {Bucket: {Type: AWS::S3::Bucket}}")
    with pytest.raises(ValueError, match="0 state machines"):
        definition_file(tmp_path / "template.yaml")


def test_pass_states_that_lead_in_a_circle_are_no_endless_loop():
    circle = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}
    assert sum(len(node.parts) for node in folded(graph_of(circle)).nodes) == 2
