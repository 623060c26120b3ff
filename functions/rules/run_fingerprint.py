"""What a run is made of, in one digest: two runs that share it would make and register the same.

It tells of nothing that only decides where a run's files lie, what it may cost, or how fast it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rules.canonical_json import digest
from rules.contents import REVIEWS, contents
from rules.reviews import Reviews

LEFT_OUT = frozenset(
    (
        *("Force", "CacheConfig", "InputData"),
        *("ProcessingInstanceCount", "ProcessingInstanceType", "TrainingInstanceType"),
        *("MaxRuntimeInSeconds", "MaxUsd", "UsdPerHour", "VolumeSizeInGB", "UseSpot", "MaxWaitInSeconds"),
    )
)


def run_fingerprint(reviews: Reviews, code: str, images: Mapping[str, str], parameters: Mapping[str, Any]) -> str:
    """``code``: the code's digest. ``images``: those that the jobs use, by use. 64 hexadecimal digits."""
    return digest(
        {
            "Reviews": contents(REVIEWS, reviews.files),
            "Code": code,
            "Images": dict(images),
            "Parameters": {name: value for name, value in parameters.items() if name not in LEFT_OUT},
        }
    )
