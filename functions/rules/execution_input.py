"""The execution input: which parameters there are, what each allows, and what started the execution.

A person starts with the parameters themselves. The upload rule and the schedule send
``{"DefaultInput": {parameters}, "Trigger": {...}}``; so does what follows a run in which uploads came, and a rerun,
which names the execution that it runs again: ``{"DefaultInput": {parameters}, "RerunOf": "arn:..."}``.

The text below a field is its meaning in docs/parameters.md (`make render`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from rules.iso_duration import FORM as DURATION_FORM
from rules.iso_duration import parse_duration
from rules.measured import RANKING, RETRIEVAL
from rules.s3_uri import NotAnS3Uri, S3Uri, parse_s3_uri
from rules.slice_rules import SliceRules
from rules.validation import StrictDocument, validated
from rules.wording import printable, shown

REVIEWS_PREFIX = "reviews/"
REVIEW_SUFFIXES = (".csv", ".csv.gz", ".parquet")
LARGEST_INT = 2**31 - 1
SHARE = "a number from 0 to 1"
COUNT = "a whole number, 1 or more"
INSTANCE_TYPE = r"^ml\.[a-z0-9-]+\.[a-z0-9]+\z"
INSTANCE_TYPE_FORM = "an instance type of the form ml.<family>.<size>, such as ml.m5.xlarge"
ENVELOPE = frozenset(("DefaultInput", "Trigger", "RerunOf"))
EXECUTION_ARN = r"^arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:execution:[^\s:]+:[^\s:]+\z"
USD = "a number above 0"
DEAREST_HOUR = 10_000  # USD
LONGEST_JOB = 5 * 24 * 3600  # seconds: what an account may use that has not asked SageMaker for more
RUNTIME = f"a whole number of seconds from 1 to {LONGEST_JOB}"
WAIT_FOR_SPOT = 24 * 3600  # seconds that a spot training may take beyond its running time, where nothing else is said
LONGEST_WAIT = LONGEST_JOB + WAIT_FOR_SPOT  # an execution ends after seven days
LARGEST_VOLUME = 16_384  # GB: SageMaker's own limit
VOLUME = f"a whole number of GB from 1 to {LARGEST_VOLUME}"


class InvalidInput(ValueError):
    """The execution input holds something that is not allowed."""


def _can_be_an_argument(name: str) -> str:
    if not name.strip() or name != printable(name):
        raise ValueError(f"received {shown(name)}; allowed is a column's name, without control characters")
    return name


ColumnName = Annotated[str, Field(min_length=1, description="a column's name"), AfterValidator(_can_be_an_argument)]


class Columns(StrictDocument):
    """The names that the columns have in the review files."""

    user: ColumnName = "username"
    """Who reviewed."""
    item: ColumnName = "beer_name"
    """What was reviewed, by the name that recommendations have."""
    score: ColumnName = "score"
    """How much it was liked: a number."""
    timestamp: ColumnName = "timestamp"
    """When; reviews without it can be split at random only."""
    style: ColumnName | None = None
    """A category of the item, used as a feature. Without it the column `style`, where there is one."""
    brewery: ColumnName | None = None
    """A second category of the item. Without it the column `brewery_name`, where there is one."""
    abv: ColumnName | None = None
    """A number of the item, used as a feature. Without it the column `abv`, where there is one."""
    text: ColumnName | None = None
    """What was written. Without it the column `text`, where there is one. No model reads it."""

    @model_validator(mode="after")
    def _one_column_each(self) -> Columns:
        roles: dict[str, str] = {}
        for role, name in self.model_dump(by_alias=True, exclude_none=True).items():
            if name in roles:
                raise ValueError(f"{roles[name]} and {role} both name the column {shown(name)}; each needs its own")
            roles[name] = role
        return self


class MaxRuntime(StrictDocument):
    """After how many seconds SageMaker stops a job."""

    preprocess: int = Field(2 * 3600, ge=1, le=LONGEST_JOB, description=RUNTIME)
    train: int = Field(12 * 3600, ge=1, le=LONGEST_JOB, description=RUNTIME)
    evaluate: int = Field(4 * 3600, ge=1, le=LONGEST_JOB, description=RUNTIME)


class VolumeSize(StrictDocument):
    """How many GB of disk a job has beside its image."""

    preprocess: int = Field(30, ge=1, le=LARGEST_VOLUME, description=VOLUME)
    train: int = Field(30, ge=1, le=LARGEST_VOLUME, description=VOLUME)
    evaluate: int = Field(30, ge=1, le=LARGEST_VOLUME, description=VOLUME)


def _is_a_duration(text: str) -> str:
    parse_duration(text)
    return text


class CacheConfig(StrictDocument):
    """Whether a step whose inputs are as they were is taken from an earlier run, and from how early a one."""

    enabled: bool = Field(True, description="true or false")
    """Whether steps are taken from earlier runs."""
    expire_after: Annotated[str, AfterValidator(_is_a_duration)] = Field("P30D", description=DURATION_FORM)
    """How old what a step made may be; a year has 365 days, a month 30."""


InstanceType = Annotated[str, Field(pattern=INSTANCE_TYPE)]
UsdPerHour = Annotated[float, Field(gt=0, le=DEAREST_HOUR)]


class ExecutionInput(StrictDocument):
    """Every parameter of an execution; all are optional."""

    input_data: str | None = Field(None, description="an s3:// URI in the data bucket, such as s3://bucket/reviews/x/")
    """The folder or the one file of reviews, below `reviews/` of the data bucket; default is all of it. An upload's
    own folder wins.
    """
    processing_instance_count: int = Field(
        1, ge=1, le=1, description="1: preprocessing is not distributed, more would overwrite each other's output"
    )
    """Machines that preprocess."""
    processing_instance_type: str = Field("ml.m5.xlarge", pattern=INSTANCE_TYPE, description=INSTANCE_TYPE_FORM)
    """The machine that preprocesses and evaluates."""
    training_instance_type: str = Field("ml.m5.2xlarge", pattern=INSTANCE_TYPE, description=INSTANCE_TYPE_FORM)
    """The machine that trains; a `g` or `p` family gets the GPU image."""
    max_runtime_in_seconds: MaxRuntime = Field(
        MaxRuntime(), description='an object such as {"Preprocess": 7200, "Train": 43200, "Evaluate": 14400}'
    )
    volume_size_in_gb: VolumeSize = Field(
        VolumeSize(),
        alias="VolumeSizeInGB",
        description='an object such as {"Preprocess": 30, "Train": 30, "Evaluate": 30}',
    )
    use_spot: bool = Field(False, description="true, to train on spot instances, or false")
    """Trains on spare machines, which cost less and may be taken away; a training goes on from its last checkpoint."""
    max_wait_in_seconds: int | None = Field(
        None, ge=1, le=LONGEST_WAIT, description=f"a whole number of seconds from 1 to {LONGEST_WAIT}"
    )
    """How long a spot training may wait and run together; default is a day more than MaxRuntimeInSeconds.Train."""
    max_usd: float | None = Field(None, gt=0, description=USD)
    """A run whose jobs may cost more USD is refused before the first one; default is no limit."""
    usd_per_hour: dict[InstanceType, UsdPerHour] = Field(
        {}, description=f'an object of instance types and USD up to {DEAREST_HOUR}, such as {{"ml.m5.xlarge": 0.23}}'
    )
    """Your own prices: other instance types, regions or savings plans. Others are those of us-east-1."""
    training_epochs: int = Field(20, ge=1, le=1000, description="a whole number from 1 to 1000")
    """Passes over the reviews at most; how many is chosen on reviews set aside for it."""
    learning_rate: float = Field(0.005, gt=0, le=10, description="a number above 0, at most 10")
    """Adam's."""
    return_recommendations_number: int = Field(500, ge=1, le=100_000, description="a whole number from 1 to 100000")
    """How many items the retrieval model returns, and the k of top-k accuracy."""
    retrieval_metric: Literal[RETRIEVAL.gate_paths] = Field(  # type: ignore[name-defined]  # worked out, in one place
        RETRIEVAL.gate_paths[0], description=f"one of {', '.join(RETRIEVAL.gate_paths)}"
    )
    """The metric of evaluation.json that the gate's rules for retrieval look at."""
    accuracy_top500_threshold: float = Field(0.5, ge=0, le=1, description=SHARE)
    """The least that the retrieval metric must reach, whichever it is."""
    ranking_metric: Literal[RANKING.gate_paths] = Field(  # type: ignore[name-defined]  # worked out, in one place
        RANKING.gate_paths[0], description=f"one of {', '.join(RANKING.gate_paths)}"
    )
    """The metric of evaluation.json that the gate's rules for ranking look at."""
    ranking_rmse_threshold: float | None = Field(None, gt=0, description="a number above 0")
    """The most that the ranking metric may be; default is no threshold."""
    threshold_rule: Literal["value", "interval"] = Field("value", description='"value" or "interval"')
    """Whether the value must reach the threshold, or the unfavourable end of its 95 % interval too."""
    baseline_rule: Literal["value", "interval", "off"] = Field("value", description='"value", "interval" or "off"')
    """Whether the value must hold against the baseline, or the difference's unfavourable end too, or nothing."""
    champion_rule: Literal["value", "interval", "off"] = Field("value", description='"value", "interval" or "off"')
    """Whether the value must hold against the champion, or the difference's unfavourable end too, or nothing."""
    champion_tolerance: float = Field(0.01, ge=0, le=1, description=SHARE)
    """By which share of the champion's value a model may be worse."""
    champion_not_comparable: Literal["pass", "reject"] = Field("pass", description='"pass" or "reject"')
    """What follows where a comparison with the champion would not be fair, or it cannot be loaded."""
    trivial_rule: Literal["on", "off"] = Field("on", description='"on" or "off"')
    """Whether a threshold that a random list (ranking: the mean score) would reach refuses the model."""
    slice_rules: SliceRules = Field({}, description='an object such as {"items_tail.recall_at_100": 0.1}')
    """By which share of the champion's value a slice of the test set may be worse; default is no slice."""
    model_approval_status: Literal["PendingManualApproval", "Approved", "Rejected"] = Field(
        "PendingManualApproval", description='"PendingManualApproval", "Approved" or "Rejected"'
    )
    """The registered version's status."""
    batch_size: int | None = Field(None, ge=1, le=2**20, description="a whole number from 1 to 1048576")
    """Users in a training step of the retrieval model; default is chosen by the data."""
    closed_form: bool = Field(True, description="true or false")
    """false leaves the closed form out of the retrieval model: learnt towers alone, to compare."""
    embedding_dimension: int | None = Field(None, ge=1, le=4096, description="a whole number from 1 to 4096")
    """Length of the learnt vectors; default is chosen by the data, and 16 for ranking."""
    test_fraction: float = Field(0.15, ge=0.001, le=0.9, description="a number from 0.001 to 0.9")
    """The share of the reviews that is held out."""
    split_seed: int = Field(42, ge=0, le=LARGEST_INT, description=f"a whole number from 0 to {LARGEST_INT}")
    """Of a random split, and of all that is drawn in training."""
    split_strategy: Literal["random", "temporal"] = Field("random", description='"random" or "temporal"')
    """`random`: a review's side is a hash of user, item and seed; `temporal`: test is what lies at or after a cut in
    time.
    """
    min_reviews_per_user: int = Field(5, ge=1, le=LARGEST_INT, description=COUNT)
    """Users with fewer reviews are left out."""
    max_reviews_per_user: int | None = Field(None, ge=1, le=LARGEST_INT, description=COUNT)
    """Users with more reviews are left out; default is no limit."""
    min_reviews_per_item: int = Field(1, ge=1, le=LARGEST_INT, description=COUNT)
    """Items with fewer reviews are left out."""
    max_reviews_per_item: int | None = Field(None, ge=1, le=LARGEST_INT, description=COUNT)
    """Items with more reviews are left out; default is no limit."""
    columns: Columns = Field(Columns(), description='an object such as {"User": "userId", "Item": "movieId"}')
    cache_config: CacheConfig = Field(
        CacheConfig(), description='an object such as {"Enabled": true, "ExpireAfter": "P30D"}'
    )
    force: bool = Field(False, description="true, to run although nothing is new, or false")
    """Runs although reviews, code and parameters are those of the last finished run."""

    @model_validator(mode="after")
    def _bounds_leave_something(self) -> ExecutionInput:
        for role in ("User", "Item"):
            fewest = getattr(self, f"min_reviews_per_{role.lower()}")
            most = getattr(self, f"max_reviews_per_{role.lower()}")
            if most is not None and most < fewest:
                raise ValueError(
                    f"MaxReviewsPer{role} {most} is below MinReviewsPer{role} {fewest}, which leaves no {role.lower()}"
                )
        return self

    @model_validator(mode="after")
    def _wait_leaves_time_to_run(self) -> ExecutionInput:
        if self.max_wait_in_seconds is None:
            return self
        if not self.use_spot:
            raise ValueError("MaxWaitInSeconds is for trainings that wait for a spot instance, and UseSpot is false")
        if self.max_wait_in_seconds < self.max_runtime_in_seconds.train:
            raise ValueError(
                f"MaxWaitInSeconds {self.max_wait_in_seconds} is below MaxRuntimeInSeconds.Train "
                f"{self.max_runtime_in_seconds.train}, which it includes"
            )
        return self

    @property
    def max_wait(self) -> int | None:
        """Seconds that a spot training takes at most, its waiting and its running together; None without spot."""
        if not self.use_spot:
            return None
        return self.max_wait_in_seconds or self.max_runtime_in_seconds.train + WAIT_FOR_SPOT

    def document(self) -> dict[str, Any]:
        """The parameters as JSON; what is optional and not set is left out."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Upload(StrictDocument):
    """What the upload rule tells of an object; EventBridge hands its key over decoded."""

    bucket: str = Field(description="a bucket's name")
    key: str = Field(min_length=1, description="an object's key")
    e_tag: str | None = Field(None, alias="ETag", description="a text")


class Schedule(StrictDocument):
    """What the schedule tells of itself."""

    schedule: str = Field(description="the schedule's ARN")
    time: str = Field(description="the scheduled time")


class Coalesced(StrictDocument):
    """What the execution that follows another is told; which uploads came meanwhile, the table of runs tells."""

    coalesced: str = Field(pattern=EXECUTION_ARN, description="the ARN of the execution that was running")


@dataclass(frozen=True)
class Request:
    """A checked execution input. ``parameters.input_data`` is always set and lies under the bucket's reviews/.

    ``rerun_of`` is the ARN of the execution that is run again.
    """

    parameters: ExecutionInput
    trigger: dict[str, Any] | None
    reviews: S3Uri
    rerun_of: str | None = None

    @property
    def scheduled(self) -> bool:
        """Whether a schedule started the execution: then no reviews are no error."""
        return self.trigger is not None and "Schedule" in self.trigger

    @property
    def uploaded(self) -> bool:
        """Whether an upload started the execution."""
        return self.trigger is not None and "Key" in self.trigger

    @property
    def coalesced(self) -> bool:
        """Whether the execution follows another one, for the uploads that came meanwhile."""
        return self.trigger is not None and "Coalesced" in self.trigger


def read_execution_input(document: Any, bucket: str) -> Request:
    """Check the execution input against what is allowed in the data bucket ``bucket``. Raises InvalidInput."""
    trigger = rerun_of = None
    if not isinstance(document, dict) or not ENVELOPE & document.keys():
        parameters = validated(ExecutionInput, document, error=InvalidInput)
    else:
        if unknown := document.keys() - ENVELOPE:
            raise InvalidInput(f"unknown key {shown(min(unknown))} beside {', '.join(sorted(ENVELOPE))}")
        given = document.get("DefaultInput", {})
        parameters = validated(ExecutionInput, given, error=InvalidInput, where="DefaultInput")
        trigger, rerun_of = document.get("Trigger"), document.get("RerunOf")
        if rerun_of is not None and not (
            isinstance(rerun_of, str) and re.match(EXECUTION_ARN.replace(r"\z", r"\Z"), rerun_of)
        ):
            raise InvalidInput(f"RerunOf: received {shown(rerun_of, 200)}; allowed is an execution's ARN")
    if trigger is not None:
        upload = _check_trigger(trigger, bucket)
        if upload is not None:
            folder = upload.key.rpartition("/")[0] + "/"
            parameters = parameters.model_copy(update={"input_data": f"s3://{bucket}/{folder}"})
    reviews = _reviews_at(parameters.input_data, bucket)
    return Request(parameters.model_copy(update={"input_data": str(reviews)}), trigger, reviews, rerun_of)


def _check_trigger(trigger: Any, bucket: str) -> Upload | None:
    if isinstance(trigger, dict) and "Schedule" in trigger:
        validated(Schedule, trigger, error=InvalidInput, where="Trigger")
        return None
    if isinstance(trigger, dict) and "Coalesced" in trigger:
        validated(Coalesced, trigger, error=InvalidInput, where="Trigger")
        return None
    upload = validated(Upload, trigger, error=InvalidInput, where="Trigger")
    if upload.bucket != bucket:
        raise InvalidInput(f"Trigger.Bucket: received {shown(upload.bucket)}; allowed is the data bucket {bucket}")
    if not upload.key.startswith(REVIEWS_PREFIX):
        raise InvalidInput(f"Trigger.Key: received {shown(upload.key, 200)}; allowed is a key under {REVIEWS_PREFIX}")
    return upload


def _reviews_at(input_data: str | None, bucket: str) -> S3Uri:
    """Where the reviews lie: a prefix that ends with a slash, or a review file's own key."""
    if input_data is None:
        return S3Uri(bucket, REVIEWS_PREFIX)
    try:
        uri = parse_s3_uri(input_data)
    except NotAnS3Uri as error:
        raise InvalidInput(f"InputData: {error}") from error
    if uri.bucket != bucket:
        raise InvalidInput(
            f"InputData: received {shown(input_data, 300)}; allowed is s3://{bucket}/{REVIEWS_PREFIX}... only, because "
            "the jobs' role reads no other bucket: copy the reviews there"
        )
    if not uri.key.endswith("/") and not uri.key.lower().endswith(REVIEW_SUFFIXES):
        uri = S3Uri(bucket, uri.key + "/")
    if not uri.key.startswith(REVIEWS_PREFIX):
        raise InvalidInput(
            f"InputData: received {shown(input_data, 300)}; allowed is a place under s3://{bucket}/{REVIEWS_PREFIX}"
        )
    if uri.key != printable(uri.key) or len(uri.key.encode()) > 1024:
        raise InvalidInput(
            f"InputData: received {shown(input_data, 300)}; allowed are keys of at most 1024 bytes without control "
            "characters"
        )
    return uri
