"""Argument types that refuse what a job cannot work with, naming what was received."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError


def positive_int(text: str) -> int:
    value = _int(text)
    if value < 1:
        raise ArgumentTypeError(f"{text!r} is not 1 or more")
    return value


def seed(text: str) -> int:
    """What every random generator in use takes."""
    value = _int(text)
    if not 0 <= value < 2**32:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to {2**32 - 1}")
    return value


def positive_float(text: str) -> float:
    value = _float(text)
    if not (math.isfinite(value) and value > 0):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def not_negative(text: str) -> float:
    value = _float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return value


def fraction(text: str) -> float:
    value = _float(text)
    if not 0 < value < 1:
        raise ArgumentTypeError(f"{text!r} is not between 0 and 1 (both excluded)")
    return value


def truth(text: str) -> bool:
    """As JSON writes it, or as Python does: the image's toolkit reads a hyperparameter's JSON and hands on str()."""
    if text not in ("true", "false", "True", "False"):
        raise ArgumentTypeError(f"{text!r} is neither true nor false")
    return text in ("true", "True")


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a whole number") from error


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a number") from error
