"""What starts by itself is made after the policies of those whom it starts: a new schedule fires at once."""

from __future__ import annotations

import pytest

from taproom.local.cloudformation_order import references

DENIES = {"KeepNetworkToLambda"}  # denies what the functions' own code never does: no start needs it


def chosen(node, conditions):
    """A part of a template with only the branches of Fn::If that ``conditions`` leave."""
    if isinstance(node, list):
        return [chosen(one, conditions) for one in node]
    if not isinstance(node, dict):
        return node
    if "Fn::If" in node:
        condition, first, second = node["Fn::If"]
        return chosen(first if condition in conditions else second, conditions)
    return {key: chosen(one, conditions) for key, one in node.items()}


@pytest.fixture(scope="module")
def made(expanded, protected):
    """The resources that a deploy with key and subnets makes."""
    resources = expanded["Resources"].items()
    kept = {name: one for name, one in resources if one.get("Condition") in (None, *protected.conditions)}
    return {name: chosen(one, protected.conditions) for name, one in kept.items()}


def before(name, made):
    """All that CloudFormation makes before it makes ``name``."""
    found, left = set(), [name]
    while left:
        one = made[left.pop()]
        named = one.get("DependsOn", [])
        needed = {*references(one.get("Properties", {})), *([named] if isinstance(named, str) else named)}
        left += [other for other in needed - found if other in made]
        found |= needed
    return found & set(made)


def policies_of(made, roles):
    """The policies that are resources of their own and belong to one of ``roles``."""
    found = {name: one["Properties"]["Roles"] for name, one in made.items() if one["Type"] == "AWS::IAM::Policy"}
    return {name for name, holders in found.items() if roles & {role["Ref"] for role in holders}} - DENIES


def starters(made):
    """Schedules and rules that start the state machine, and schedules that ask a function."""
    for name, one in made.items():
        if one["Type"] == "AWS::Scheduler::Schedule":
            yield name, set(references(one["Properties"]["Target"]["Arn"]))
        elif one["Type"] == "AWS::Events::Rule":
            targets = set(references([target["Arn"] for target in one["Properties"]["Targets"]]))
            if "RetrainingStateMachine" in targets:
                yield name, targets


def roles_behind(made, targets):
    """The roles that a start of ``targets`` works with: an execution's functions and jobs, or the one function."""
    if "RetrainingStateMachine" not in targets:
        return {f"{name}Role" for name in targets}
    asked = references(made["RetrainingStateMachineRole"]["Properties"]["Policies"])
    functions = {f"{name}Role" for name in asked if made.get(name, {}).get("Type") == "AWS::Lambda::Function"}
    return {"RetrainingStateMachineRole", "JobRole", *functions}


def test_whatever_starts_by_itself_comes_after_the_policies_it_needs(made):
    found = dict(starters(made))
    assert set(found) == {"RetrainingStateMachineWeeklySchedule", "WatchFreshnessDailySchedule", "UploadRule"}
    for name, targets in found.items():
        needed = policies_of(made, roles_behind(made, targets))
        assert "UseKey" in needed
        assert needed <= before(name, made), name
    assert policies_of(made, roles_behind(made, found["UploadRule"])) == {
        "SeeHolder",
        "UseKey",
        "JobsUseKey",
        "JobsUseVpc",
    }
