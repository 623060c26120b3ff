"""How far a measured number may be off: 95 % intervals of bootstrap resamples over users.

All numbers of one evaluation see the same resamples (resamples.py), so two of them can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from evaluation.resamples import Resamples, weights

COVERAGE_RESAMPLES = 128
LEVEL = 0.95
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)

Interval = dict[str, float]
Name = TypeVar("Name")


def intervals(values: Mapping[Name, np.ndarray], resamples: Resamples) -> dict[Name, Interval]:
    """Means of values per user [u], NaN where a user has none, as {"value", "lower", "upper"}."""
    matrix = np.column_stack(list(values.values()))
    number = matrix.shape[1]
    has = ~np.isnan(matrix)
    who, which = _distinct(has)
    columns = np.hstack([np.where(has, matrix, 0.0), who], dtype=np.float32, casting="same_kind")  # enough for ends
    sums = resamples.sums(columns)
    drawn = sums[:, number:][:, which]
    means = sums[:, :number] / np.where(drawn > 0, drawn, np.nan)  # a resample may draw nobody of a small slice
    bounds = np.quantile(means, TAILS, axis=0)
    for place in np.flatnonzero(np.isnan(bounds[0])):
        known = means[~np.isnan(means[:, place]), place]
        bounds[:, place] = np.quantile(known, TAILS) if len(known) else np.nan
    told = {}
    for place, (name, value) in enumerate(values.items()):
        own = value[~np.isnan(value)]
        told[name] = _interval(float(own.mean()), bounds[:, place], float(own.min()), float(own.max()))
    return told


@dataclass(frozen=True)
class Coverage:
    """The share of a catalogue that is covered, and the same on each resample [r]."""

    share: float
    drawn: np.ndarray

    def interval(self) -> Interval:
        return _interval(self.share, np.quantile(self.drawn, TAILS), 0.0, 1.0)

    def minus(self, other: Coverage) -> Interval:
        """Of the difference. Both must be of the same users, seed and number of resamples."""
        return _interval(self.share - other.share, np.quantile(self.drawn - other.drawn, TAILS), -1.0, 1.0)


def coverages(
    shown: Mapping[Name, np.ndarray], catalogues: Mapping[Name, int], seed: int, resamples: int = COVERAGE_RESAMPLES
) -> dict[Name, Coverage]:
    """``shown`` int [u, n] by name: items in the lists of the same users, -1 for none; sizes of the catalogues.

    Fewer distinct users than there are cover less of a catalogue, so the resamples are moved to lie around the share:
    only their spread counts.
    """
    users = len(next(iter(shown.values())))
    drawn = weights(np.random.default_rng(seed), (users, resamples)) > 0
    padded = np.zeros((users, -(-resamples // 64) * 64), dtype=bool)
    padded[:, :resamples] = drawn
    bits = np.packbits(padded, axis=1).view(np.uint64)  # one per resample: whether a user is in it
    return {name: _coverage(lists, catalogues[name], bits, resamples) for name, lists in shown.items()}


def _coverage(shown: np.ndarray, catalogue: int, bits: np.ndarray, resamples: int) -> Coverage:
    """Or-ed over the users that are shown an item, their ``bits`` [u, words] tell in which resamples it is covered."""
    owners, columns = np.nonzero(shown >= 0)
    items = shown[owners, columns]
    # Numbers of 16 bits are sorted in a time that does not grow faster than they do.
    order = np.argsort(items.astype(np.uint16) if catalogue <= 2**16 else items, kind="stable")
    starts = np.flatnonzero(np.diff(items[order], prepend=-1))
    covered = np.bitwise_or.reduceat(bits[owners[order]], starts) if len(starts) else bits[:0]
    share = len(starts) / catalogue
    shares = np.unpackbits(covered.view(np.uint8), axis=1, count=resamples).sum(axis=0) / catalogue
    return Coverage(share, shares - shares.mean() + share)


def _distinct(flags: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The different columns of ``flags`` [u, c], and which of them each column is.

    Values of one slice lack the same users, so there are few.
    """
    places: dict[bytes, int] = {}
    which = [places.setdefault(column.tobytes(), len(places)) for column in np.ascontiguousarray(flags.T)]
    return flags[:, [which.index(place) for place in range(len(places))]], which


def _interval(value: float, bounds: np.ndarray, least: float, most: float) -> Interval:
    """Around ``value``, which cannot lie outside of ``least`` and ``most``; nor can ``bounds`` but for rounding. These
    are NaN where nothing is known of them.
    """
    lower, upper = (least, most) if np.isnan(bounds).any() else map(float, bounds)
    return {"value": value, "lower": max(least, min(lower, value)), "upper": min(most, max(upper, value))}
