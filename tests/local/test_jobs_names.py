"""A job's name is used once, whichever local AWS of the folder ran it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from taproom.local.aws import LocalAws
from taproom.local.clock import Clock
from tests.local.small_jobs import bucket, train, training_request


def test_the_next_local_aws_does_not_give_a_name_again_and_has_removed_the_old_folder(tmp_path):
    with LocalAws(tmp_path, Clock(skip_waits=True)) as aws:
        bucket(aws)
        request = training_request(aws, "once", "print('here')")
        assert train(aws, request)["TrainingJobStatus"] == "Completed"
        assert (tmp_path / "jobs" / "once").is_dir()
    with LocalAws(tmp_path, Clock(skip_waits=True)) as aws:
        assert not (tmp_path / "jobs").exists()
        with pytest.raises(ClientError, match=r"ResourceInUse.*must be unique"):
            aws.client("sagemaker").create_training_job(**request)
