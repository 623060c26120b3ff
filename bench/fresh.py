"""Runs a function in a fresh process, so that a first call is one, and nothing that was measured before warms it up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any


def fresh(function: Callable[..., Any], *arguments: Any) -> Any:
    """What ``function(*arguments)`` gives, or raises. Function, arguments and result can be pickled."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()
