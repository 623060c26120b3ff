"""Collected runs, written by hand: one that registered its models, one rejected, one from the cache, one that failed.

Names of users, items and files hold markup, as anybody may write them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from taproom.follow import Snapshot
from taproom.graph.definition import load_definition
from taproom.history import read_states
from taproom.report import write_report
from taproom.report.earlier import link_to_collected
from tests.taproom.histories import ARN, History, taken

NASTY = '<img src=x onerror="pwned=1"></script><script>pwned=1</script>&amp; \'\u202e\x1b[31m'
BUCKET = "taproom-data"
PARAMETERS = {"InputData": f"s3://{BUCKET}/reviews/", "TrainingEpochs": 7, "LearningRate": 0.005}
DEFAULTS = {"TrainingEpochs": 20, "LearningRate": 0.005}
DISTRIBUTIONS = {
    "scores": [{"from": score, "to": score, "train": 2, "test": 2} for score in (3.0, 4.5, 5.0)],
    **{
        f"reviews_per_{who}": {
            "most": 8,
            "top_tenth": 0.75,
            "counts": [
                {"from": 1, "to": 1, "number": 0, "reviews": 0},
                {"from": 2, "to": 3, "number": 0, "reviews": 0},
                {"from": 4, "to": 7, "number": 1, "reviews": 4},
                {"from": 8, "to": 15, "number": 1, "reviews": 8},
            ],
        }
        for who in ("item", "user")
    },
}
STEPS = {
    "Preprocess": "preprocess-1",
    "TrainRetrieval": "train-retrieval-1",
    "EvaluateRetrieval": "evaluate-retrieval-1",
    "TrainRanking": "train-ranking-1",
    "EvaluateRanking": "evaluate-ranking-1",
}
LOG = """reviews=8 users=2 items=4
closed form: exponent=0.0 shrinkage=800 validation=0.1879 seconds=6.9
epoch=1 of=7 loss=6.9 validation=0.21 seconds=1.5
epoch=2 of=7 loss=6.5 validation=0.22 seconds=1.5
epoch=3 of=7 loss=6.25 validation=0.215 seconds=1.5
best epoch=2, weight of the closed form 128, validation=0.2300
refit epoch=1 of=2 loss=6.95 seconds=1.5
refit epoch=2 of=2 loss=6.45 seconds=1.5
"""


@dataclass(frozen=True)
class Run:
    folder: Path
    snapshot: Snapshot

    def report(self) -> Path:
        """Written and linked, as it is where runs are collected."""
        page = write_report(self.snapshot, self.folder)
        link_to_collected(page, self.folder.parent)
        return page

    def json(self, *path):
        return json.loads(self.folder.joinpath(*path).read_text())


def registered(runs: Path, name: str = "registered") -> Run:
    results = [_result("Retrieval", "Registered", 0.75), _result("Ranking", "Registered", 0.5)]
    return _ended(runs, name, _prepared(name).jobs(*STEPS), results, gate=(0.75, 0.5))


def rejected(runs: Path) -> Run:
    results = [_result("Retrieval", "Rejected", 0.25), _result("Ranking", "Registered", 0.5)]
    return _ended(runs, "rejected", _prepared("rejected").jobs(*STEPS), results, gate=(0.25, 0.5))


def cached(runs: Path) -> Run:
    """All but the evaluation of ranking comes from ``registered``, which is collected beside it."""
    registered(runs).report()
    history = _prepared("cached")
    for step in list(STEPS)[:-1]:
        kind = (
            {"ModelDataUrl": f"s3://{BUCKET}/x/model.tar.gz"} if step.startswith("Train") else {"Prefix": "s3://b/x/"}
        )
        history.hit(step, kind, ARN.format("registered"))
    history.jobs("EvaluateRanking")
    results = [_result("Retrieval", "Registered", 0.75), _result("Ranking", "Registered", 0.5)]
    run = _ended(runs, "cached", history, results, gate=(0.75, 0.5))
    hit = {"Step": "TrainRanking", "Hit": True, "From": ARN.format("registered"), "Reason": "", "Differences": []}
    ran = {"Step": "EvaluateRanking", "Hit": False, "From": "", "Reason": "no run had the same inputs"}
    for document in (hit, {**ran, "Differences": [f"Arguments --k was 10, now {NASTY}"]}):
        _write(run.folder / "cache" / f"{document['Step']}.json", document)
    for log in (run.folder / "logs").glob("train-*"):
        log.unlink()
    _write(run.folder / "costs.json", _costs("EvaluateRanking"))
    return run


def failed(runs: Path) -> Run:
    """Training of retrieval failed; its log tells why."""
    history = _prepared("failed").jobs("Preprocess")
    history.add("TaskStateEntered", name="TrainRetrieval", input="{}")
    history.add("TaskScheduled", 9.0, parameters=json.dumps({"TrainingJobName": STEPS["TrainRetrieval"]}))
    history.add("TaskFailed", error="SageMaker.JobFailed", cause=json.dumps({"FailureReason": f"loss is nan {NASTY}"}))
    history.add("TaskStateExited", name="TrainRetrieval", output="{}")
    result = {
        "Model": "Retrieval",
        "Status": "Failed",
        "Reason": "TrainRetrieval failed with JobFailed",
        "Step": "TrainRetrieval",
        "Error": "JobFailed",
        "Cause": f"job train-retrieval-1 failed: loss is nan {NASTY}",
        "JobName": STEPS["TrainRetrieval"],
        "Rerun": "taproom rerun failed",
    }
    history.passed("Models", kind="Parallel", Models=[result])
    history.add("ExecutionFailed", error="ModelsFailed", cause="Retrieval failed")
    run = _collected(runs, "failed", history, "FAILED")
    _write(run.folder / "costs.json", _costs("Preprocess", "TrainRetrieval"))
    log = "epoch=1 of=7 loss=6.9 seconds=1.5\n" + NASTY + "\nValueError: loss is nan\n"
    (run.folder / "logs" / f"{STEPS['TrainRetrieval']}.log").write_text(log)
    return run


KINDS = {"registered": registered, "rejected": rejected, "cached": cached, "failed": failed}


class _History(History):
    def jobs(self, *steps):
        """Jobs one after another, each of eight seconds."""
        for step in steps:
            kind = "Training" if step.startswith("Train") else "Processing"
            self.add("TaskStateEntered", name=step, input="{}")
            self.add("TaskScheduled", 8.0, parameters=json.dumps({f"{kind}JobName": STEPS[step]}))
            self.add("TaskSucceeded")
            self.add("TaskStateExited", name=step, output="{}")
        return self


def _prepared(name):
    history = _History()
    history.__dict__ |= taken().__dict__
    prepare = {
        "Outcome": "Run",
        "RunPrefix": f"s3://{BUCKET}/runs/{name}-1/",
        "Parameters": PARAMETERS,
        "Trigger": {"Bucket": BUCKET, "Key": f"reviews/{NASTY}.csv", "ETag": "0"},
        "RerunOf": None,
        "Reviews": {"Digest": "731374706a503c4d", "Count": 1},
        "Code": {"Digest": "6b9743cc01325918"},
        "Reason": "",
    }
    history.passed("Prepare", Prepare=prepare)
    return history


def _ended(runs, name, history, results, gate):
    history.passed("Models", kind="Parallel", Models=results)
    run = _collected(runs, name, history.passed("RecordRun").ended(), "SUCCEEDED")
    for model, value, document in zip(("retrieval", "ranking"), gate, (_retrieval, _ranking), strict=True):
        _write(run.folder / "evaluation" / f"{model}.json", document(value))
        _write(run.folder / "gate" / model / "gate.json", _gate(model, value))
    _write(run.folder / "evaluation" / "retrieval" / "samples.json", SAMPLES)
    _write(run.folder / "costs.json", _costs(*STEPS))
    _write(run.folder / "model-packages.json", [_package(one["Model"]) for one in results])
    for step in ("TrainRetrieval", "TrainRanking"):
        (run.folder / "logs" / f"{STEPS[step]}.log").write_text(LOG)
    return run


def _collected(runs, name, history, status):
    folder = runs / name
    (folder / "logs").mkdir(parents=True)
    machine = ARN.format("").replace(":execution:", ":stateMachine:").rstrip(":")
    told = history.snapshot(status, name, stateMachineArn=machine, input=json.dumps({"DefaultInput": {"x": NASTY}}))
    definition = load_definition()
    snapshot = Snapshot(told.execution, told.events, read_states(definition, told.events), definition)
    began = {"name": name, "startDate": told.execution["startDate"].isoformat()}
    _write(folder / "execution.json", began)
    _write(folder / "request.json", {"schema_version": 1, "Parameters": PARAMETERS, "Defaults": DEFAULTS})
    manifest = {
        **{"read": 9, "dropped": {"duplicate": 2, "missing_user": 1}, "kept": 6, "train": 6, "test": 6},
        **{"users": 2, "items": 2, "split": {"strategy": "random", "seed": 42}},
        "files": {"read": [{"file": f"{NASTY}.csv", "rows": 9, "bytes": 1234}], "ignored": 1},
        "distributions": DISTRIBUTIONS,
    }
    _write(folder / "data" / "manifest.json", manifest)
    return Run(folder, snapshot)


def _result(model, status, value):
    name = "top-500 accuracy" if model == "Retrieval" else "RMSE"
    version = {"ModelPackageVersion": 3, "ModelPackageArn": "arn"} if status == "Registered" else {}
    return {"Model": model, "Status": status, "Reason": f"{name} {value:.4f} <limit> {NASTY}", "Metrics": {}, **version}


def measured(value, margin=0.05):
    return {"value": value, "lower": value - margin, "upper": value + margin}


def _retrieval(value):
    recalls = {f"recall_at_{k}": measured(value * share) for k, share in ((10, 0.2), (50, 0.5), (100, 0.7), (500, 1.0))}
    own = {**recalls, "ndcg_at_10": measured(0.123456789), "mrr": measured(1 / 3)}
    popular = {"accuracy": measured(0.4), **{name: measured(0.2) for name in own}}
    slices = {
        "items_head": {"held_out": 5, "accuracy": measured(0.9), "recall_at_100": measured(0.6)},
        "users_unknown": {"users": 0},
    }
    return {
        **{"schema_version": 1, "k": 500, "users": 2, "items": 4, "held_out": 6, "held_out_unknown_to_model": 1},
        "multiclass_classification_metrics": {"accuracy": {**measured(value), "standard_deviation": "NaN"}},
        "retrieval_metrics": own,
        "baselines": {"popularity": popular, "random": {"accuracy": measured(0.01, 0.001)}},
        "champion": {"status": "scored", "version": 2, "metrics": {"accuracy": measured(0.6)}, "slices": slices},
        "slices": slices,
    }


def _ranking(value):
    return {
        **{"schema_version": 1, "users": 2, "items": 4, "held_out": 6},
        "regression_metrics": {name: measured(value * share) for name, share in (("rmse", 1), ("mae", 0.75))},
        "baselines": {"bias": {"rmse": measured(0.6), "mae": measured(0.5)}, "global_mean": {"rmse": measured(0.7)}},
        "champion": {"status": "none", "reason": f"no version {NASTY}"},
        "slices": {"items_tail": {"held_out": 5, "rmse": measured(0.55)}},
    }


def _gate(model, value):
    limit, passed = (0.5, value >= 0.5) if model == "retrieval" else (0.6, value <= 0.6)
    rule = {"rule": "threshold", "verdict": "passed" if passed else "failed", "value": value, "limit": limit}
    off = {"rule": "trivial", "verdict": "off", "value": None, "limit": None, "reason": "it is off"}
    metric = {"retrieval": "multiclass_classification_metrics.accuracy", "ranking": "regression_metrics.rmse"}[model]
    return {
        **{"schema_version": 1, "model": model, "passed": passed, "reason": "as above"},
        "rules": [{**rule, "reason": f"{value} and {limit} {NASTY}"}, off],
        "parameters": {"metric": metric, "threshold": limit},
    }


def _costs(*steps):
    jobs = [
        {
            **{"Step": step, "JobName": STEPS[step], "Status": "Completed", "InstanceType": "ml.m5.xlarge"},
            **{"InstanceCount": 1, "Seconds": 8.0, "UsdPerHour": 0.23, "Usd": 0.0005},
        }
        for step in steps
    ]
    return {"PricesOf": "2026-01", "AtMost": 2.5, "Seconds": 8.0 * len(jobs), "Usd": 0.0025, "Jobs": jobs}


def _package(model):
    return {
        "ModelPackageGroupName": f"taproom-{model.lower()}",
        "ModelPackageVersion": 3,
        "ModelPackageArn": f"arn:aws:sagemaker:us-east-1:123456789012:model-package/taproom-{model.lower()}/3",
        "CustomerMetadataProperties": {"ParentVersion": f"taproom-{model.lower()}/2"},
    }


SAMPLES = {
    "samples": [
        {
            "kind": "known",
            "user": NASTY,
            "liked": [{"item": NASTY, "score": 4.5}],
            "recommended": [{"item": NASTY, "score": 0.25, "found": True}, {"item": "ale", "score": 0.125}],
        },
        {"kind": "new", "user": None, "liked": [], "recommended": [{"item": "ale", "score": 0.5, "found": False}]},
    ]
}


def _write(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
