"""What can go wrong, as data. ``injector.py`` makes it happen, ``rows.py`` says when.

Every fault but those of events belongs to a state, and goes wrong at some of the things that this state does: at the
``at``-th of them (0 is the first) and the ``times - 1`` after it.
"""

from __future__ import annotations

from dataclasses import dataclass

ALWAYS = 1_000_000


@dataclass(frozen=True)
class ApiError:
    """A call is answered with an error: ``call`` is such as "s3.GetObject".

    Calls of a function's are made by the function itself, those of a job's state by the state machine. ``lost``: the
    call takes effect, only its answer is lost. ``key``: only calls whose path holds this text.
    """

    call: str
    code: str
    status: int = 400
    message: str = "injected"
    at: int = 0
    times: int = 1
    lost: bool = False
    key: str = ""


@dataclass(frozen=True)
class Killed:
    """The function's process is killed at its ``at``-th call of this kind: before it takes effect, or ``after``."""

    call: str
    after: bool = False
    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class TimedOut:
    """The function gets no answer from AWS any more, until its own time is up (a second instead of a minute)."""

    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class Twice:
    """The function is delivered its event twice: one after the other, or ``at_once``."""

    at_once: bool = False
    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class JobFails:
    """SageMaker fails the job with this reason, and its script is not even started."""

    reason: str
    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class JobActs:
    """The job's script does this; see tests/pipeline/tiny_training/faults.py."""

    how: str
    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class Truncated:
    """Half of an object that a job puts is lost: of a key that ends in ``key`` and holds ``by``."""

    key: str
    by: str = ""
    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class Stopped:
    """The user stops the execution while the job of this state runs."""

    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class Delivery:
    """An event on its way to the rule's target is "lost", arrives "twice", "late" or "after the next"."""

    how: str
    at: int = 0
    times: int = 1


@dataclass(frozen=True)
class Nothing:
    """Nothing at all: that the scene is as it is is enough."""

    at: int = 0
    times: int = 0


Fault = Nothing | ApiError | Killed | TimedOut | Twice | JobFails | JobActs | Truncated | Stopped | Delivery

THROTTLED = {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"}
INTERNAL = {"code": "InternalFailure", "status": 500, "message": "An internal failure occurred"}
DENIED = {"code": "AccessDeniedException", "status": 400, "message": "User is not authorized to perform this"}
SLOW_DOWN = {"code": "SlowDown", "status": 503, "message": "Please reduce your request rate."}
S3_INTERNAL = {"code": "InternalError", "status": 500, "message": "We encountered an internal error."}
S3_DENIED = {"code": "AccessDenied", "status": 403, "message": "Access Denied"}
NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity"
SAGEMAKER_INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
