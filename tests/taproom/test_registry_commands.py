"""`taproom versions`, `show`, `diff`, `approve`, `reject` and `rollback`, end to end on a local AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from taproom.local.sagemaker_shapes import structure_errors, value_errors
from taproom.registry.decisions import Decisions
from taproom.registry.names import parse_name
from taproom.registry.registry import Registry
from tests.taproom.registered import EXECUTION, manifest, retrieval_evaluation

WIDTH = 80


def status_of(command, version):
    return command.json("show", version)["approval_status"]


def test_versions_are_listed_with_what_was_measured_and_the_champion_marked(registered, command):
    registered.add(status="Approved", evaluation=retrieval_evaluation(0.7))
    registered.add(evaluation=retrieval_evaluation(0.72), data=manifest(123_456))
    registered.add("ranking")
    shown = command.succeeds("versions")
    lines = [line.split() for line in shown.splitlines()]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert lines[2] == ["2", "pending", today, "0.7200", "±0.0100", "0.5000", "123,456", "1761e678-…"]
    assert lines[3] == ["1", "★", "approved", today, "0.7000", "±0.0100", "0.5000", "1,000", "1761e678-…"]
    assert lines[-1] == ["1", "★", "pending", today, "0.8000", "±0.0100", "0.9000", "1,000", "1761e678-…"]
    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "\x1b" not in shown


def test_versions_are_filtered_and_limited_and_say_so(registered, command):
    for status in ("Approved", "Rejected", "Approved", "PendingManualApproval"):
        registered.add(status=status)
    document = command.json("versions", "--model", "retrieval", "--status", "approved", "--limit", "1")
    (model,) = document["models"]
    assert model["champion"] == 3
    assert [one["version"] for one in model["versions"]] == [3]
    assert model["others"] == 3
    assert "3 more" in command.succeeds("versions", "--model", "retrieval", "--limit", "1")
    only = command.succeeds("versions", "--model", "retrieval", "--status", "rejected")
    assert "approved" not in only
    assert "rejected" in only


def test_an_empty_registry_says_so_and_what_to_do(registered, command):
    shown = command.succeeds("versions", "--model", "ranking")
    assert "no version yet: make run here, or an upload to reviews/ on AWS" in shown
    registered.add("ranking")
    assert "none of 1 is approved" in command.succeeds("versions", "--model", "ranking", "--status", "approved")


def test_a_stack_that_was_never_deployed_is_an_error_that_says_so(local_aws, command):
    told = command.fails("versions")
    assert "no model package group taproom-retrieval in us-east-1" in told
    assert "make run" in told
    told = command.fails("show", "1", "--stack", "elsewhere")
    assert "no model package group elsewhere-retrieval" in told


def test_show_tells_everything_there_is(registered, command):
    parent = registered.add(status="Approved")
    arn = registered.add(parameters={"TrainingEpochs": 7})
    document = command.json("show", "retrieval/2")
    assert document["model_package_arn"] == arn
    assert document["metrics"]["mrr"] == {"value": 0.25, "lower": 0.24, "upper": 0.26}
    assert document["compared_with"]["popularity"]["accuracy"]["value"] == 0.5
    assert document["gate"]["rules"][0]["verdict"] == "passed"
    assert document["data"]["kept"] == 1_000
    assert document["parameters"] == {"TrainingEpochs": "7"}
    assert document["artifact"].endswith("runs/run-2/models/retrieval/job/output/model.tar.gz")
    assert (document["champion"], document["missing"]) == (False, {})
    assert command.json("show", parent)["champion"] is True

    shown = command.succeeds("show", "2")
    for told in (
        "retrieval version 2  pending",
        f"execution  {EXECUTION.format(2).rsplit(':', 1)[-1]}",
        "0.6900 to 0.7100",
        "other seed [42]",
        "1,000 kept of 1,017 read (dropped: 12 no score, 5 duplicate)",
        "TrainingEpochs  7",
        document["artifact"],
        "report         s3://taproom-data-123456789012/runs/run-2/report.html",
        "tensorflow-inference:2.19-cpu",
    ):
        assert told in shown


def test_show_of_a_version_whose_documents_are_gone_tells_what_is_left(registered, command):
    registered.add(ModelCard={"ModelCardContent": "no JSON", "ModelCardStatus": "Draft"})
    for key in ("evaluation/retrieval/evaluation.json", "data/manifest.json"):
        registered.s3.delete_object(Bucket="taproom-data-123456789012", Key=f"runs/run-1/{key}")
    registered.put("runs/run-1/gate/retrieval/gate.json", b"{")
    document = command.json("show", "1")
    assert document["metrics"] == {"accuracy": {"value": 0.7, "lower": None, "upper": None}}
    assert set(document["missing"]) == {"evaluation", "gate", "data", "model card"}
    assert "NoSuchKey" in document["missing"]["data"]
    shown = command.succeeds("show", "1")
    assert "evaluation.json cannot be read (NoSuchKey)" in shown
    assert "gate.json is not JSON" in shown
    assert "the model card is not JSON" in shown


def test_show_of_a_package_that_others_registered_tells_what_it_has(registered, command):
    registered.sagemaker.create_model_package(ModelPackageGroupName="taproom-retrieval")
    document = command.json("show", "latest")
    assert (document["metrics"], document["artifact"], document["metadata"]) == ({}, "", {})
    assert "the version names no such document" in command.succeeds("show", "1")
    assert "-" in command.succeeds("versions", "--model", "retrieval")


def test_diff_shows_changes_of_metrics_and_what_else_differs(registered, command):
    registered.add(evaluation=retrieval_evaluation(0.7), parameters={"TrainingEpochs": 20, "LearningRate": 0.005})
    registered.add(
        evaluation=retrieval_evaluation(0.65),
        data=manifest(2_000),
        parameters={"TrainingEpochs": 1, "LearningRate": 0.005},
        code="0ther",
    )
    document = command.json("diff", "1", "retrieval/2")
    assert document["metrics"]["accuracy"]["change"] == pytest.approx(-0.05)
    assert document["parameters"] == {"TrainingEpochs": {"first": "20", "second": "1"}}
    assert document["data"]["kept"] == {"first": 1_000, "second": 2_000}
    assert document["data"]["manifest digest"] == {"first": "digest-of-1000", "second": "digest-of-2000"}
    assert "users" not in document["data"]
    assert (document["same_code"], document["same_test_set"]) == (False, False)
    shown = command.succeeds("diff", "1", "2")
    assert "-0.0500  worse" in shown
    assert "Measured on different test sets" in shown
    assert "0ther" in shown
    better = command.succeeds("diff", "2", "1")
    assert "+0.0500  better" in better


def test_diff_of_a_version_with_itself_finds_nothing(registered, command):
    registered.add("ranking")
    document = command.json("diff", "1", "latest", "--model", "ranking")
    assert all(one["change"] == 0 for one in document["metrics"].values())
    assert (document["parameters"], document["data"], document["same_code"]) == ({}, {}, True)


def test_a_lower_error_is_better(registered, command):
    registered.add("ranking")
    registered.add("ranking", evaluation={"regression_metrics": {"rmse": {"value": 0.7}, "r2": {"value": 0.2}}})
    lines = {line.split()[0]: line for line in command.succeeds("diff", "ranking/1", "ranking/2").splitlines() if line}
    assert "-0.1000  better" in lines["rmse"]
    assert "-0.1000  worse" in lines["r2"]


def test_diff_of_two_models_is_an_error(registered, command):
    registered.add("retrieval")
    registered.add("ranking")
    assert "different models" in command.fails("diff", "retrieval/1", "ranking/1")


def test_approve_sets_the_status_says_why_and_keeps_the_metadata(registered, command):
    arn = registered.add()
    shown = command.succeeds("approve", "1", "--comment", "seen by\n two")
    assert "retrieval version 1 is approved" in shown
    assert "champion is retrieval version 1" in shown
    described = registered.described(arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "seen by two"
    metadata = described["CustomerMetadataProperties"]
    assert datetime.fromisoformat(metadata["ApprovedAt"]).tzinfo is not None
    assert metadata["ExecutionArn"].endswith("-000000000001")


def test_approving_what_is_approved_changes_nothing(registered, command):
    arn = registered.add(status="Approved")
    before = registered.described(arn)
    document = command.json("approve", arn)
    assert document["changed"] is False
    assert "approved already" in document["told"][0]
    after = registered.described(arn)
    assert "ApprovedAt" not in after["CustomerMetadataProperties"]
    assert after.get("LastModifiedTime") == before.get("LastModifiedTime")


def test_approving_what_was_rejected_takes_force(registered, command):
    arn = registered.add()
    command.succeeds("reject", "1", "--comment", "too slow")
    told = command.fails("approve", "1")
    assert "is rejected (too slow)" in told
    assert "--force" in told
    assert registered.status(arn) == "Rejected"
    command.succeeds("approve", "1", "--force")
    assert registered.status(arn) == "Approved"


def test_rejecting_the_last_champion_leaves_none_and_says_so(registered, command):
    registered.add()
    assert "has no champion now" in command.succeeds("reject", "champion")
    assert "rejected already" in command.succeeds("reject", "1")
    told = command.fails("show", "champion")
    assert "has no champion" in told
    assert "taproom approve retrieval/1 --force" in told


def test_rollback_approves_the_one_before_and_rejects_the_bad_one(registered, command):
    first, second = (registered.add() for _ in range(2))
    command.succeeds("approve", "1")
    command.succeeds("approve", "2")
    shown = command.succeeds("rollback", "--comment", "clicks fell")
    assert shown.splitlines() == [
        "retrieval version 1 is approved again",
        "retrieval version 2 is rejected",
        "champion is retrieval version 1 (Approved)",
    ]
    assert registered.described(first)["ApprovalDescription"] == "approved again in place of version 2: clicks fell"
    assert registered.described(second)["ApprovalDescription"] == "rolled back to version 1: clicks fell"
    assert registered.status(second) == "Rejected"
    assert "no retrieval version before 1 was ever approved" in command.fails("rollback")
    assert registered.status(first) == "Approved"


def test_a_version_that_is_approved_by_force_after_a_rollback_may_be_gone_back_to(registered, command):
    registered.add(status="Approved")
    second = registered.add(status="Approved")
    command.succeeds("rollback")
    assert "RolledBackAt" in registered.described(second)["CustomerMetadataProperties"]
    command.succeeds("approve", "2", "--force")
    assert "RolledBackAt" not in registered.described(second)["CustomerMetadataProperties"]


class CutShort(Exception):
    """Stands for the end of the process."""


def test_a_rollback_cut_short_leaves_a_version_approved_and_is_finished_by_another(registered, command):
    first, second = (registered.add(status="Approved") for _ in range(2))
    third = registered.add()
    command.succeeds("reject", "1")
    sagemaker = registered.aws.session.client_of("sagemaker", registered.aws.endpoint_url)
    updates = []

    def cut_short(params, **_):
        if updates:
            raise CutShort
        updates.append(params["ModelPackageArn"])

    sagemaker.meta.events.register("before-parameter-build.sagemaker.UpdateModelPackage", cut_short)
    command.succeeds("approve", "1", "--force")
    with pytest.raises(CutShort):
        Decisions(Registry(sagemaker, "taproom")).rollback("retrieval")
    assert updates == [first]
    assert [registered.status(arn) for arn in (first, second)] == ["Approved", "Approved"]
    command.succeeds("rollback")
    assert [registered.status(arn) for arn in (first, second, third)] == [
        "Approved",
        "Rejected",
        "PendingManualApproval",
    ]


def test_a_rollback_without_one_to_go_back_to_changes_nothing(registered, command):
    pending, approved = registered.add(), registered.add(status="Approved")
    assert "was ever approved" in command.fails("rollback")
    assert (registered.status(pending), registered.status(approved)) == ("PendingManualApproval", "Approved")
    assert "no ranking version is approved" in command.fails("rollback", "--model", "ranking")


def test_an_unknown_version_is_an_error_that_lists_those_there_are(registered, command):
    for _ in range(12):
        registered.add()
    told = command.fails("approve", "99")
    assert "taproom-retrieval has no version 99: it has 12, 11, 10" in told
    assert "and 2 older ones" in told
    assert "has no version yet, so no ranking/latest" in command.fails("show", "ranking/latest")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:model-package/taproom-retrieval/77"
    assert f"no model package {arn}" in command.fails("show", arn)


def test_a_version_of_another_stack_is_not_decided_on(registered, command):
    registered.sagemaker.create_model_package_group(ModelPackageGroupName="other")
    arn = registered.sagemaker.create_model_package(ModelPackageGroupName="other")["ModelPackageArn"]
    assert "of the group other, which is not of the stack taproom" in command.fails("approve", arn)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "newest"], "'newest' names no version"),
        (["show", "ranking/1", "--model", "retrieval"], "name different models"),
        (["versions", "--stack", "no stack"], "is no stack's name"),
        (["versions", "--endpoint-url", "nonsense"], "is no URL of an endpoint"),
        (["versions", "--model", "reranking"], "reranking"),
    ],
)
def test_wrong_usage_is_told_as_such(command, arguments, told):
    assert told in command.fails(*arguments, code=2)


def test_a_comment_that_sagemaker_would_refuse_is_refused_before(registered, command):
    arn = registered.add()
    assert "allowed are 900" in command.fails("approve", "1", "--comment", "x" * 901)
    assert registered.status(arn) == "PendingManualApproval"
    command.succeeds("approve", "1", "--comment", "x" * 900)
    assert command.fails("rollback", "--comment", "x" * 901)


def test_what_others_wrote_is_shown_and_not_obeyed(registered, command):
    evil = "[red]\x1b]0;title\x07[/nothing]"
    registered.add(parameters={evil: evil})
    registered.put("runs/run-1/gate/retrieval/gate.json", {"rules": [{"rule": evil, "reason": evil}], "reason": evil})
    shown = command.succeeds("show", "1")
    assert "\x1b" not in shown
    assert "[red]\\x1b]0;title\\x07[/nothing]" in shown


def test_every_request_is_one_that_sagemaker_takes(registered):
    for status in ("Approved", "Approved", "PendingManualApproval"):
        registered.add(status=status)
    sagemaker = registered.aws.session.client_of("sagemaker", registered.aws.endpoint_url)
    requests = []
    sagemaker.meta.events.register(
        "before-parameter-build.sagemaker.*",
        lambda params, model, **_: requests.append((model.name, json.loads(json.dumps(params)))),
    )
    registry = Registry(sagemaker, "taproom")
    decisions = Decisions(registry)
    decisions.reject(registry.find(parse_name("3"), "retrieval"))
    decisions.approve(registry.find(parse_name("latest"), "retrieval"), "for a test", force=True)
    decisions.rollback("retrieval")
    assert {name for name, _ in requests} == {
        *("DescribeModelPackageGroup", "ListModelPackages", "DescribeModelPackage", "UpdateModelPackage")
    }
    for name, request in requests:
        assert structure_errors(name, request) == []
        assert value_errors(name, request) == []
