"""The parts of a job's request that may hold more or less, whole, as SageMaker takes them.

A state can read a value from its input, but cannot leave a key out: so what is there in some runs only (the wait for a
spot instance, a key, subnets) lies in an object that the state takes as it is.
"""

from __future__ import annotations

from typing import Any


def machines(instance_type: str, count: int, volume_gb: int) -> dict[str, Any]:
    """A training job's ResourceConfig, or a processing job's ClusterConfig."""
    return {"InstanceCount": count, "InstanceType": instance_type, "VolumeSizeInGB": volume_gb}


def stopping(max_runtime: int, max_wait: int | None = None) -> dict[str, int]:
    """When SageMaker stops a job, in seconds. ``max_wait`` is for spot trainings: for others SageMaker refuses it."""
    waits = {} if max_wait is None else {"MaxWaitTimeInSeconds": max_wait}
    return {"MaxRuntimeInSeconds": max_runtime} | waits
