"""How a sentence tells numbers: short, but never so short that two that differ look equal."""

from __future__ import annotations

DECIMALS = range(4, 17)
LONG = 1e6  # from here on decimals help nobody


def told_apart(*numbers: float) -> list[str]:
    """Each finite number with 4 decimals, or as many more as it takes to tell all that differ apart."""
    if all(abs(number) < LONG for number in numbers):
        for decimals in DECIMALS:
            texts = [f"{number:.{decimals}f}" for number in numbers]
            if len({float(text) for text in texts}) == len(set(numbers)):
                return texts
    return [repr(float(number)) for number in numbers]


def told_against(number: float, limit: float) -> str:
    """``number`` as above, beside a ``limit`` that is told as its author wrote it."""
    return told_apart(number, limit)[0]
