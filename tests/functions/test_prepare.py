from __future__ import annotations

import json
from pathlib import Path

import pytest
from rules.budget import OverBudget, UnknownPrice
from rules.execution_input import InvalidInput
from rules.protection import has_own_disks
from rules.reviews import EmptyReviewsFile, NoReviews, UnusableReviewsKey

EVENTS = Path(__file__).parent / "events"
BUCKET = "taproom-data"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EXECUTION = {
    "Id": "arn:aws:states:eu-west-1:123456789012:execution:Retraining:monday-run",
    "Name": "monday-run",
    "StartTime": "2026-11-12T06:00:00.123Z",
}


@pytest.fixture
def prepare(call, runs_table):
    return lambda given: call("prepare", {"Input": given, "Execution": EXECUTION})


def read_json(aws, uri):
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_a_person_without_parameters_gets_every_default_and_every_plan(prepare, put, aws):
    put("reviews/a.csv")
    put("reviews/b.parquet", b"PAR1....")
    answer = prepare({})
    assert answer["schema_version"] == 1
    assert answer["Outcome"] == "Run"
    assert answer["Triggers"] == {"Count": 0, "Uri": ""}
    assert answer["Trigger"] is None
    assert answer["RerunOf"] is None
    assert answer["Parameters"] == {
        "InputData": f"s3://{BUCKET}/reviews/",
        "ProcessingInstanceCount": 1,
        "ProcessingInstanceType": "ml.m5.xlarge",
        "TrainingInstanceType": "ml.m5.2xlarge",
        "MaxRuntimeInSeconds": {"Preprocess": 7200, "Train": 43200, "Evaluate": 14400},
        "VolumeSizeInGB": {"Preprocess": 30, "Train": 30, "Evaluate": 30},
        "UseSpot": False,
        "UsdPerHour": {},
        "TrainingEpochs": 20,
        "LearningRate": 0.005,
        "ReturnRecommendationsNumber": 500,
        "RetrievalMetric": "multiclass_classification_metrics.accuracy",
        "AccuracyTop500Threshold": 0.5,
        "RankingMetric": "regression_metrics.rmse",
        "ThresholdRule": "value",
        "BaselineRule": "value",
        "ChampionRule": "value",
        "ChampionTolerance": 0.01,
        "ChampionNotComparable": "pass",
        "TrivialRule": "on",
        "SliceRules": {},
        "ModelApprovalStatus": "PendingManualApproval",
        "ClosedForm": True,
        "TestFraction": 0.15,
        "SplitSeed": 42,
        "SplitStrategy": "random",
        "MinReviewsPerUser": 5,
        "MinReviewsPerItem": 1,
        "Columns": {"User": "username", "Item": "beer_name", "Score": "score", "Timestamp": "timestamp"},
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D"},
        "Force": False,
    }
    assert answer["Reviews"]["Count"] == 2
    assert answer["Reviews"]["Bytes"] == 16
    run = answer["RunPrefix"]
    assert run.startswith(f"s3://{BUCKET}/runs/monday-run-")
    assert answer["DataPrefix"] == f"{run}data/"
    assert answer["Code"] == {
        "Digest": "0123456789abcdef",
        "SourcePrefix": f"s3://{BUCKET}/code/0123456789abcdef/src/",
        "SubmitUri": f"s3://{BUCKET}/code/0123456789abcdef/sourcedir.tar.gz",
    }
    assert answer["Preprocess"]["Arguments"] == [
        *("preprocess.py", "--reviews", "/opt/ml/processing/input/reviews"),
        *("--output", "/opt/ml/processing/output/data"),
        *("--user-column", "username", "--item-column", "beer_name"),
        *("--score-column", "score", "--timestamp-column", "timestamp"),
        *("--split-strategy", "random", "--test-fraction", "0.15", "--split-seed", "42"),
        *("--min-reviews-per-user", "5", "--min-reviews-per-item", "1"),
    ]
    assert answer["Preprocess"]["InstanceCount"] == 1
    machine = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}
    assert answer["Preprocess"]["ClusterConfig"] == answer["Ranking"]["Evaluate"]["ClusterConfig"] == machine
    assert answer["Preprocess"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 7200}
    train, evaluate = answer["Retrieval"]["Train"], answer["Retrieval"]["Evaluate"]
    assert train["HyperParameters"] == {
        "epochs": "20",
        "learning-rate": "0.005",
        "seed": "42",
        "k": "500",
        "closed-form": "true",
        "sagemaker_program": '"train.py"',
        "sagemaker_submit_directory": f'"s3://{BUCKET}/code/0123456789abcdef/sourcedir.tar.gz"',
        "sagemaker_region": '"eu-west-1"',
        "sagemaker_container_log_level": "20",
    }
    assert train["ResourceConfig"] == machine | {"InstanceType": "ml.m5.2xlarge"}
    assert train["StoppingCondition"] == {"MaxRuntimeInSeconds": 43200}
    assert train["UseSpot"] is False
    assert train["OutputDataConfig"] == {"S3OutputPath": f"{run}models/retrieval/"}
    assert train["Network"] is False
    assert evaluate["NetworkConfig"] == {"EnableNetworkIsolation": False}
    assert evaluate["KmsKeyId"] == ""
    assert {job["Run"] for job in (answer["Preprocess"], train, evaluate)} == {run.rstrip("/").rpartition("/")[2]}
    assert train["CheckpointPrefix"] == f"{run.replace('/runs/', '/checkpoints/')}retrieval/"
    assert train["Image"].endswith("cpu-py312")
    assert evaluate["OutputPrefix"] == f"{run}evaluation/retrieval/"
    assert evaluate["Arguments"] == [
        *("evaluate.py", "--data", "/opt/ml/processing/input/data", "--model", "/opt/ml/processing/input/model"),
        *("--champion", "/opt/ml/processing/input/champion"),
        *("--output", "/opt/ml/processing/output/evaluation", "--k", "500"),
    ]
    jobs = (answer["Preprocess"], train, evaluate)
    assert [job["Round"] for job in jobs] == [0, 0, 0]
    assert len({job["JobStem"] for job in jobs}) == 3
    assert read_json(aws, answer["Reviews"]["ManifestUri"]) == [
        {"prefix": f"s3://{BUCKET}/reviews/"},
        "a.csv",
        "b.parquet",
    ]
    assert read_json(aws, f"{run}request.json") == {
        "schema_version": 1,
        "Defaults": {name: value for name, value in answer["Parameters"].items() if name != "InputData"},
        "Parameters": answer["Parameters"],
        "Trigger": None,
        "RerunOf": None,
    }
    json.dumps(answer, allow_nan=False)


def test_preparing_twice_gives_the_same_answer(prepare, put):
    put("reviews/a.csv")
    assert prepare({}) == prepare({})


def transformed(template, event, default_input="{}"):
    """What the upload rule's InputTransformer makes of an event."""
    target = template["Resources"]["UploadRule"]["Properties"]["Targets"][0]["InputTransformer"]
    text = target["InputTemplate"].replace("${DefaultInput}", default_input)
    for name, path in target["InputPathsMap"].items():
        value = event
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        text = text.replace(f"<{name}>", json.dumps(value))
    return json.loads(text)


def test_an_upload_trains_on_the_folder_of_its_key(prepare, put, template, aws):
    event = json.loads((EVENTS / "object_created.json").read_text())
    put("reviews/week 46/beers & more.csv")
    put("reviews/week 47/later.csv")
    answer = prepare(transformed(template, event, '{"TrainingEpochs": 3}'))
    assert answer["Trigger"] == {
        "Bucket": BUCKET,
        "Key": "reviews/week 46/beers & more.csv",
        "ETag": "b1946ac92492d2347c6235b4d2611184",
    }
    assert answer["Parameters"]["InputData"] == f"s3://{BUCKET}/reviews/week 46/"
    assert answer["Parameters"]["TrainingEpochs"] == 3
    manifest = read_json(aws, answer["Reviews"]["ManifestUri"])
    assert manifest == [{"prefix": f"s3://{BUCKET}/reviews/week 46/"}, "beers & more.csv"]


@pytest.fixture
def scheduled(template):
    """What the schedule sends, its context attributes filled in."""
    events = template["Resources"]["RetrainingStateMachine"]["Properties"]["Events"]
    text = events["WeeklySchedule"]["Properties"]["Input"].replace("${DefaultInput}", '{"SplitSeed": 7}')
    arn = "arn:aws:scheduler:eu-west-1:123456789012:schedule/default/weekly"
    text = text.replace("<aws.scheduler.schedule-arn>", arn)
    return json.loads(text.replace("<aws.scheduler.scheduled-time>", "2026-11-12T06:00:00Z"))


def test_a_schedule_that_finds_no_reviews_says_so_and_plans_nothing(prepare, scheduled, put):
    put("reviews/readme.txt")
    answer = prepare(scheduled)
    assert answer.keys() == {"schema_version", "Outcome", "Parameters", "Gate", "Trigger", "Reason", "RerunOf"}
    assert answer["Outcome"] == "NoReviews"
    assert answer["Parameters"]["SplitSeed"] == 7
    assert "reviews/readme.txt" in answer["Reason"]


def test_a_schedule_with_reviews_trains_on_all_of_them(prepare, scheduled, put):
    put("reviews/week-1/a.csv")
    put("reviews/week-2/b.CSV.GZ")
    answer = prepare(scheduled)
    assert answer["Outcome"] == "Run"
    assert answer["Reviews"]["Count"] == 2
    assert answer["Trigger"]["Time"] == "2026-11-12T06:00:00Z"


def test_no_reviews_are_an_error_for_a_person_and_name_the_place_and_what_lies_there(prepare, put):
    put("reviews/x/readme.txt")
    put("reviews/x/", b"")
    with pytest.raises(NoReviews, match=r"s3://taproom-data/reviews/x/.*readme\.txt"):
        prepare({"InputData": f"s3://{BUCKET}/reviews/x"})
    with pytest.raises(NoReviews, match="saw nothing"):
        prepare({"InputData": f"s3://{BUCKET}/reviews/y/"})


def test_a_neighbour_whose_name_begins_alike_is_not_read(prepare, put):
    put("reviews/x/a.csv")
    put("reviews/xy/b.csv")
    assert prepare({"InputData": f"s3://{BUCKET}/reviews/x"})["Reviews"]["Count"] == 1


def test_a_single_file_can_be_named(prepare, put, aws):
    put("reviews/x/a.csv")
    put("reviews/x/a.csv.csv")
    answer = prepare({"InputData": f"s3://{BUCKET}/reviews/x/a.csv"})
    assert read_json(aws, answer["Reviews"]["ManifestUri"]) == [{"prefix": f"s3://{BUCKET}/reviews/x/"}, "a.csv"]


def test_an_empty_file_is_named(prepare, put):
    put("reviews/a.csv")
    put("reviews/hollow.csv", b"")
    with pytest.raises(EmptyReviewsFile, match=r"reviews/hollow\.csv"):
        prepare({})


@pytest.mark.parametrize("key", ["reviews/a\nb.csv", "reviews/\x7f.csv", "reviews/../a.csv", "reviews//a.csv"])
def test_a_key_that_no_job_can_read_is_named(prepare, put, key):
    put(key)
    with pytest.raises(UnusableReviewsKey, match="csv"):
        prepare({})


def test_more_than_one_page_of_objects_is_listed(prepare, put, environment):
    environment.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in range(5):
        put(f"reviews/{number}.csv")
    assert prepare({})["Reviews"]["Count"] == 5


def test_a_gpu_instance_gets_the_gpu_image(prepare, put):
    put("reviews/a.csv")
    for instance_type, kind in (("ml.g5.xlarge", "gpu"), ("ml.p4d.24xlarge", "gpu"), ("ml.c5.xlarge", "cpu")):
        answer = prepare({"TrainingInstanceType": instance_type})
        assert f"2.19-{kind}-" in answer["Retrieval"]["Train"]["Image"]
        assert "2.19-cpu-" in answer["Preprocess"]["Image"]


def test_bad_input_is_refused_before_anything_is_written(prepare, put, aws):
    put("reviews/a.csv")
    with pytest.raises(InvalidInput, match="AccuracyTop500Threshold"):
        prepare({"AccuracyTop500Treshold": 0.6})
    assert aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/")["KeyCount"] == 0


def test_the_budget_of_the_defaults_is_told(prepare, put):
    put("reviews/a.csv")
    budget = prepare({})["Budget"]
    # m5.xlarge at 0.23 for 2 h, and twice m5.2xlarge at 0.461 for 12 h and m5.xlarge for 4 h
    assert budget["AtMost"] == pytest.approx(0.46 + 2 * (5.532 + 0.92), abs=1e-9)
    assert budget["Steps"]["TrainRanking"]["InstanceType"] == "ml.m5.2xlarge"
    assert budget["PricesOf"].startswith("us-east-1, ")


def test_the_limits_of_the_input_are_the_jobs_and_the_budgets(prepare, put):
    put("reviews/a.csv")
    answer = prepare({"MaxRuntimeInSeconds": {"Train": 3600}, "UsdPerHour": {"ml.m5.2xlarge": 10}})
    planned = [answer["Preprocess"], answer["Ranking"]["Train"], answer["Retrieval"]["Evaluate"]]
    assert [job["MaxRuntimeInSeconds"] for job in planned] == [7200, 3600, 14400]
    assert [job["TimeoutSeconds"] for job in planned] == [10800, 7200, 18000]  # an hour more
    assert answer["Budget"]["Steps"]["TrainRanking"]["AtMost"] == 10
    assert answer["Budget"]["AtMost"] == 0.46 + 2 * 10 + 2 * 0.92


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        ({"UseSpot": True}, 43_200 + 24 * 3600),
        ({"UseSpot": True, "MaxWaitInSeconds": 43_200}, 43_200),
        ({"UseSpot": True, "MaxRuntimeInSeconds": {"Train": 600}, "MaxWaitInSeconds": 900}, 900),
    ],
)
def test_a_spot_training_waits_and_costs_no_more_than_one_on_demand(prepare, put, given, wait):
    put("reviews/a.csv")
    answer = prepare(given)
    for model in ("Retrieval", "Ranking"):
        train = answer[model]["Train"]
        assert train["UseSpot"] is True
        assert train["StoppingCondition"]["MaxWaitTimeInSeconds"] == wait >= train["MaxRuntimeInSeconds"]
        assert train["TimeoutSeconds"] == wait + 3600
        assert answer[model]["Evaluate"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 14400}
    on_demand = prepare({"MaxRuntimeInSeconds": given.get("MaxRuntimeInSeconds", {})})
    assert answer["Budget"] == on_demand["Budget"]


def test_every_job_is_encrypted_and_in_the_subnets_that_the_stack_says(prepare, put, environment):
    environment.setenv("KMS_KEY_ARN", KEY)
    environment.setenv("VPC_SUBNET_IDS", "subnet-1,subnet-2")
    environment.setenv("VPC_SECURITY_GROUP_IDS", "sg-1")
    put("reviews/a.csv")
    answer = prepare({"TrainingInstanceType": "ml.g5.xlarge"})
    vpc = {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    for model in ("Retrieval", "Ranking"):
        train = answer[model]["Train"]
        assert train["OutputDataConfig"]["KmsKeyId"] == KEY
        assert "VolumeKmsKeyId" not in train["ResourceConfig"]  # its disks are its own, and SageMaker refuses a key
        assert train["Network"] == vpc
    for job in (answer["Preprocess"], answer["Retrieval"]["Evaluate"], answer["Ranking"]["Evaluate"]):
        assert (job["KmsKeyId"], job["ClusterConfig"]["VolumeKmsKeyId"]) == (KEY, KEY)
        assert job["NetworkConfig"] == {"EnableNetworkIsolation": False, "VpcConfig": vpc}
    train = prepare({})["Ranking"]["Train"]  # on ml.m5.2xlarge
    assert train["ResourceConfig"]["VolumeKmsKeyId"] == KEY


@pytest.mark.parametrize(
    ("instance_type", "own"),
    [
        *[(f"ml.{family}.xlarge", False) for family in ("m5", "m5n", "m6i", "c5", "c7i", "r5", "p3", "inf2", "t3")],
        *[
            (f"ml.{family}.xlarge", True)
            for family in ("m5d", "c6id", "r5dn", "g4dn", "g5", "g6e", "p3dn", "p4d", "p5")
        ],
        *[(f"ml.{family}.xlarge", True) for family in ("p4de", "p5en", "trn1", "trn1n", "p6-b200")],
    ],
)
def test_instances_with_disks_of_their_own_are_known_by_their_family(instance_type, own):
    assert has_own_disks(instance_type) == own


def test_each_kind_of_job_has_its_own_disk(prepare, put):
    put("reviews/a.csv")
    answer = prepare({"VolumeSizeInGB": {"Preprocess": 200, "Train": 100}})
    assert answer["Preprocess"]["ClusterConfig"]["VolumeSizeInGB"] == 200
    assert answer["Ranking"]["Train"]["ResourceConfig"]["VolumeSizeInGB"] == 100
    assert answer["Ranking"]["Evaluate"]["ClusterConfig"]["VolumeSizeInGB"] == 30


@pytest.mark.parametrize(
    ("given", "error"),
    [({"MaxUsd": 13.36}, OverBudget), ({"MaxUsd": 1000, "TrainingInstanceType": "ml.m99.xlarge"}, UnknownPrice)],
)
def test_a_run_over_its_budget_is_refused_before_anything_is_written(prepare, put, aws, given, error):
    put("reviews/a.csv")
    with pytest.raises(error, match="MaxUsd"):
        prepare(given)
    assert aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/")["KeyCount"] == 0
    assert prepare({"MaxUsd": 13.364})["Budget"]["AtMost"] == 13.364


def test_a_missing_variable_is_named(prepare, environment):
    environment.delenv("TRAINING_IMAGE_GPU")
    with pytest.raises(RuntimeError, match="TRAINING_IMAGE_GPU"):
        prepare({})


def test_logs_carry_the_execution_and_no_file_name(prepare, put, logged, capsys):
    put("reviews/secret-name.csv", b"somebody,likes,beer\n")
    lines = logged("prepare")
    prepare({})
    (found,) = [line for line in lines() if line["message"] == "reviews found"]
    assert found["correlation_id"] == EXECUTION["Id"]
    assert found["count"] == 1
    for word in ("secret-name", "somebody"):
        assert word not in json.dumps(lines())
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert told["ReviewFiles"] == [1.0]
