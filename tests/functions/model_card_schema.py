"""What SageMaker takes as the card of a model package: the documented fields that Taproom uses, and their limits.

Amazon SageMaker AI Developer Guide, "Model package model card schema". An object has no other fields than these.
"""

from __future__ import annotations


def text(longest):
    return {"type": "string", "maxLength": longest}


def named(longest):
    """A name that must not be empty, and that SageMaker cuts at ``longest`` characters."""
    return {"type": "string", "minLength": 1, "maxLength": longest}


def one_of(*values):
    return {"enum": list(values)}


def fields(required=(), **properties):
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def items(kind, most=None):
    return {"type": "array", "items": kind} | ({"maxItems": most} if most else {})


METRIC = fields(
    required=("name", "type", "value"),
    name=named(255),
    notes=text(1024),
    type=one_of("number", "string", "boolean"),
    value={"anyOf": [{"type": "number"}, text(63), {"type": "boolean"}]},
)
GROUP = fields(required=("name", "metric_data"), name=named(63), metric_data=items(METRIC))
EVALUATION = fields(
    required=("name",),
    name=named(63),
    evaluation_observation=text(2096),
    datasets=items(text(1024), 10),
    metadata={"type": "object", "additionalProperties": text(1024)},
    metric_groups=items(GROUP),
)
PARAMETER = fields(required=("name", "value"), name=named(255), value=named(255))
TRAINING_JOB = fields(training_datasets=items(text(1024), 15), user_provided_hyper_parameters=items(PARAMETER, 100))
MODEL_CARD = fields(
    model_overview=fields(model_creator=text(1024), model_artifact=items(text(1024), 15)),
    intended_uses=fields(
        purpose_of_model=text(2048),
        intended_uses=text(2048),
        factors_affecting_model_efficiency=text(2048),
        risk_rating=one_of("High", "Medium", "Low", "Unknown"),
        explanations_for_risk_rating=text(2048),
    ),
    training_details=fields(training_observations=text(1024), training_job_details=TRAINING_JOB),
    evaluation_details=items(EVALUATION),
    additional_information=fields(custom_details={"type": "object", "additionalProperties": text(1024)}),
)
