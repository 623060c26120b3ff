"""What a template's names come to, worked out by hand."""

from __future__ import annotations

import pytest

from taproom.template_values import Unknown, value_of

TEMPLATE = {
    "Conditions": {
        "IsNamed": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]},
        "Both": {"Fn::And": [{"Condition": "IsNamed"}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}]},
        "Either": {"Fn::Or": [{"Condition": "Both"}, {"Fn::Equals": ["a", "a"]}]},
        "Odd": {"Fn::Contains": [["a"], "a"]},
    }
}
VALUES = {"Name": "lager", "AWS::Region": "us-east-1", "AWS::StackName": "taproom"}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("plain", "plain"),
        ({"Ref": "Name"}, "lager"),
        ({"Fn::Sub": "${AWS::StackName}-${Name}"}, "taproom-lager"),
        ({"Fn::Sub": "${!Name}-${ Name }"}, "${Name}-lager"),
        ({"Fn::If": ["IsNamed", {"Ref": "Name"}, {"Ref": "AWS::NoValue"}]}, "lager"),
        ({"Fn::If": ["Both", 1, 2]}, 1),
        ({"A": {"Fn::If": ["Either", {"Ref": "AWS::NoValue"}, "x"]}, "B": [1, {"Ref": "AWS::NoValue"}]}, {"B": [1]}),
        ({"Fn": "no function"}, {"Fn": "no function"}),
    ],
)
def test_functions_come_to_what_cloudformation_makes_of_them(node, expected):
    assert value_of(node, VALUES, TEMPLATE) == expected


def test_a_condition_reads_the_parameters():
    node = {"BucketName": {"Fn::If": ["IsNamed", {"Ref": "Name"}, {"Ref": "AWS::NoValue"}]}}
    assert value_of(node, {**VALUES, "Name": ""}, TEMPLATE) == {}


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"Ref": "Bucket"}, "Bucket"),
        ({"Fn::Sub": "${Bucket.Arn}"}, "Bucket.Arn"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Fn::GetAtt"),
        ({"Fn::Sub": ["${A}", {"A": "b"}]}, "Fn::Sub"),
        ({"Fn::If": ["Odd", 1, 2]}, "Fn::Contains"),
    ],
)
def test_what_only_cloudformation_knows_is_named(node, words):
    with pytest.raises(Unknown, match=words):
        value_of(node, VALUES, TEMPLATE)
