"""A small state machine in a stack called ``taproom``: its input says what it does."""

from __future__ import annotations

import json

from tests.local.small_stacks import deploy_text, eventually, machine_template

# {"Say": <output>} succeeds with it; {"Wait": true} waits; {"Broken": <cause>} fails as ModelsFailed; else List fails.
DEFINITION = {
    "StartAt": "Input?",
    "States": {
        "Input?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.Wait", "IsPresent": True, "Next": "Debounce"},
                {"Variable": "$.Say", "IsPresent": True, "Next": "Done"},
                {"Variable": "$.Broken", "IsPresent": True, "Next": "ModelsFailed"},
            ],
            "Default": "List",
        },
        "Debounce": {"Type": "Wait", "Seconds": 3600, "Next": "Done"},
        "List": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
            "Parameters": {"Bucket": "no-such-bucket"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed", "OutputPath": "$.Say"},
        "ModelsFailed": {"Type": "Fail", "Error": "ModelsFailed", "CausePath": "States.JsonToString($.Broken)"},
    },
}
TEMPLATE = machine_template(DEFINITION)


class Machine:
    """The deployed state machine on ``aws``."""

    def __init__(self, aws, folder):
        aws.client("s3").create_bucket(Bucket="artifacts")
        self.stepfunctions = aws.client("stepfunctions")
        self.arn = deploy_text(aws, folder, TEMPLATE, "taproom")["StateMachineArn"]

    def execution(self, name):
        return f"{self.arn.replace(':stateMachine:', ':execution:')}:{name}"

    def start(self, name, **given):
        self.stepfunctions.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps(given))

    def run(self, name, **given):
        """Started, and ended."""
        self.start(name, **given)
        self.ended(name)

    def entered(self, name, state):
        """Wait until an execution has entered a state."""

        def look():
            return any(event.get("stateEnteredEventDetails", {}).get("name") == state for event in self.history(name))

        eventually(look)

    def history(self, name):
        return self.stepfunctions.get_execution_history(executionArn=self.execution(name))["events"]

    def described(self, name):
        return self.stepfunctions.describe_execution(executionArn=self.execution(name))

    def ended(self, name):
        def look():
            described = self.described(name)
            return None if described["status"] == "RUNNING" else described

        return eventually(look)
