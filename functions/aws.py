"""The functions' one door to AWS: a client is made when it is first needed, and kept while the function is warm."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3


@cache
def client(service: str) -> Any:
    """The boto3 client of ``service`` in the function's region."""
    return boto3.client(service)
