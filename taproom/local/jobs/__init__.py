"""SageMaker jobs that really run: a process with the container's contract, in a folder that plays ``/opt/ml``.

api.py                  CreateTrainingJob, DescribeTrainingJob, StopTrainingJob and their Processing twins
request.py              the request, held against SageMaker's own model of it
played.py               what of it the local AWS plays; the rest is refused
registry.py             every job by name; names are used once
job.py                  one job: its status as it goes, its Describe answer, its thread
training_container.py   what SageMaker puts around a training script, and toolkit.py the image's toolkit
processing_container.py what they put around a processing script
transfer.py             objects in, objects out
process.py              the process, its log, its end; watchdog.py ends it when this process dies
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from taproom.local.jobs import api

    api.install(aws)
