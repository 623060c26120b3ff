"""Parameters beside their defaults, and the commands that repeat a run."""

from __future__ import annotations

import json
import shlex

from taproom.report.lineage import commands_of, lineage_of
from taproom.report.settings import settings_of
from tests.taproom.histories import nothing_new
from tests.taproom.report.runs import DEFAULTS, NASTY, PARAMETERS, registered


def test_parameters_that_differ_stand_with_their_default():
    told = settings_of({"Parameters": PARAMETERS, "Defaults": DEFAULTS})
    assert [(one.name, one.value, one.default) for one in told.changed] == [
        ("InputData", "s3://taproom-data/reviews/", ""),
        ("TrainingEpochs", "7", "20"),
    ]
    assert [one.name for one in told.kept] == ["LearningRate"]


def test_a_run_that_tells_no_defaults_has_none_that_differ():
    told = settings_of({"Parameters": PARAMETERS})
    assert (told.changed, len(told.kept), told.known) == ([], 3, False)


def test_digests_parents_and_what_started_it_are_told(tmp_path):
    run = registered(tmp_path)
    told = dict(lineage_of(run.snapshot, run.json("model-packages.json")))
    assert told["execution"].endswith(":execution:machine:registered")
    assert (told["data digest"], told["code digest"]) == ("731374706a503c4d", "6b9743cc01325918")
    assert told["started by"] == f"the upload of s3://taproom-data/reviews/{NASTY}.csv"
    assert told["taproom-ranking/3: parent"] == "taproom-ranking/2"


def test_the_commands_repeat_the_run_with_its_very_parameters(tmp_path):
    (_, rerun), (_, anew) = commands_of(registered(tmp_path).snapshot)
    assert shlex.split(rerun) == ["taproom", "rerun", "registered"]
    words = shlex.split(anew)
    assert words[:3] == ["aws", "stepfunctions", "start-execution"]
    given = json.loads(words[words.index("--input") + 1])
    assert given == {**PARAMETERS, "Force": True, "CacheConfig": {"Enabled": False}}


def test_a_run_that_prepared_nothing_has_one_command(tmp_path):
    assert len(commands_of(nothing_new({}).snapshot())) == 1
