"""A version's model card, in the JSON schema that SageMaker has for the card of a model package.

That schema is a smaller one than that of cards on their own: the overview is creator and artifact alone, and what it
calls custom details and parameters must be texts. What is not a number between finite bounds is left out of the card:
the gate has judged the numbers, the card only shows them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from rules.measured import MEASURED, Measured
from rules.model_package import NO_PARENT, Registration
from rules.wording import clipped, printable

TEXT_LIMIT = 1_024
LONG_TEXT_LIMIT = 2_048
VALUE_LIMIT = 255  # of a name or a parameter
VERDICT_LIMIT = 63  # of a metric that is a text
MOST_PARAMETERS = 100
MOST_RULES = 100
PURPOSE = {
    "retrieval": "Finds, for a user, the few hundred items of the catalogue that the user will most probably review.",
    "ranking": "Predicts the score that a user will give to an item, to put retrieved items in order.",
}
USES = {
    "retrieval": "Candidates for recommendations in the domain of its reviews, in batches or behind an endpoint. An "
    "unknown user is served what is popular. Not for decisions about people.",
    "ranking": "Order among candidates for recommendations in the domain of its reviews, in batches or behind an "
    "endpoint. An unknown user or item is served by the means of the others. Not for decisions about people.",
}
FACTORS = (
    "Few reviews of a user or an item, and items that came after the training: the slices tell how much worse those "
    "are served. Measured on held-out reviews of the same people, not on their answers to recommendations."
)
RISK = "Not rated by the pipeline: whoever approves the version rates what it will be used for."


def model_card(
    registration: Registration, evaluation: Mapping[str, Any], gate: Mapping[str, Any], manifest: Mapping[str, Any]
) -> str:
    """ModelCardContent: the documents of one run in one JSON text, without line breaks."""
    card = {
        "model_overview": {
            "model_creator": _text(f"Taproom, execution {registration.execution.name}"),
            "model_artifact": [_text(registration.model_data_url)],
        },
        "intended_uses": {
            "purpose_of_model": PURPOSE[registration.model],
            "intended_uses": USES[registration.model],
            "factors_affecting_model_efficiency": FACTORS,
            "risk_rating": "Unknown",
            "explanations_for_risk_rating": RISK,
        },
        "training_details": _training(registration, manifest),
        "evaluation_details": [_evaluation(registration, evaluation, gate)],
        "additional_information": {"custom_details": _details(registration, manifest)},
    }
    return json.dumps(card, separators=(",", ":"), allow_nan=False)


def _training(registration: Registration, manifest: Mapping[str, Any]) -> dict[str, Any]:
    folder = registration.manifest_uri.rpartition("/")[0]
    counted = ", ".join(f"{name} {manifest[name]}" for name in ("train", "test", "users", "items") if name in manifest)
    parameters = [
        {"name": _name(name), "value": _name(value if isinstance(value, str) else json.dumps(value))}
        for name, value in list(registration.parameters.items())[:MOST_PARAMETERS]
    ]
    return {
        "training_observations": _text(f"Reviews and what they hold: {counted or 'not told'}"),
        "training_job_details": {
            "training_datasets": [_text(f"{folder}/train.parquet"), _text(f"{folder}/items.parquet")],
            "user_provided_hyper_parameters": parameters,
        },
    }


def _evaluation(registration: Registration, evaluation: Mapping[str, Any], gate: Mapping[str, Any]) -> dict[str, Any]:
    measured = MEASURED[registration.model]
    groups = [{"name": name, "metric_data": metrics} for name, metrics in _groups(evaluation, measured) if metrics]
    rules = gate["rules"] if isinstance(gate.get("rules"), list) else []
    verdicts = [_verdict(rule) for rule in rules[:MOST_RULES] if isinstance(rule, dict)]
    return {
        "name": f"{registration.model} on held-out reviews",
        "evaluation_observation": _text(str(gate.get("reason", "")), LONG_TEXT_LIMIT),
        "datasets": [_text(f"{registration.manifest_uri.rpartition('/')[0]}/test.parquet")],
        "metadata": {"evaluation": _text(registration.evaluation_uri), "gate": _text(registration.gate_uri)},
        "metric_groups": [*groups, {"name": "gate", "metric_data": verdicts}],
    }


def _groups(evaluation: Mapping[str, Any], measured: Measured) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Names and metrics of the model itself, of what it is held against, and of the slices."""
    own = {name: _at(evaluation, section, name) for name, section in measured.sections.items()}
    yield measured.name, _metrics(own)
    for baseline in (*measured.baselines, measured.untrained):
        yield f"baseline {baseline}", _metrics(_named(_at(evaluation, "baselines", baseline), measured))
    champion = _at(evaluation, "champion", "metrics")
    yield "champion on the same held-out reviews", _metrics(_named(champion, measured))
    for name in measured.slice_metrics:
        yield f"slice {name}", _metrics(_named(_at(evaluation, "slices", name), measured))


def _named(found: Any, measured: Measured) -> dict[str, Any]:
    """The metrics that a part of the evaluation has."""
    return {name: _at(found, name) for name in measured.sections}


def _metrics(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each metric that has a finite value, with its interval in words."""
    told = []
    for name, metric in found.items():
        value, lower, upper = (_number(_at(metric, field)) for field in ("value", "lower", "upper"))
        if value is None:
            continue
        one: dict[str, Any] = {"name": name, "type": "number", "value": value}
        if lower is not None and upper is not None:
            one["notes"] = f"95 % interval {lower!r} to {upper!r}"
        told.append(one)
    return told


def _verdict(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": _name(str(rule.get("rule"))),
        "type": "string",
        "value": _text(str(rule.get("verdict")), VERDICT_LIMIT),
        "notes": _text(str(rule.get("reason", ""))),
    }


def _details(registration: Registration, manifest: Mapping[str, Any]) -> dict[str, str]:
    details = {
        "execution": registration.execution.id,
        "data manifest": registration.manifest_uri,
        "reviews digest": registration.reviews.digest,
        "code digest": registration.code.digest,
        "parent version": registration.parent_version or NO_PARENT,
        "split": json.dumps(manifest.get("split")),
        "dropped reviews": json.dumps(manifest.get("dropped")),
    }
    return {name: _text(value) for name, value in details.items()}


def _name(text: str) -> str:
    """``text`` where SageMaker takes no empty and no long one."""
    return clipped(printable(text), VALUE_LIMIT) or "(empty)"


def _text(text: str, limit: int = TEXT_LIMIT) -> str:
    return clipped(printable(text), limit)


def _at(document: Any, *path: str) -> Any:
    """What stands at ``path``, or None."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 and math.isfinite(value) else None
