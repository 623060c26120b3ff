"""Errors of predicted scores, with confidence intervals, and differences between predictors of the same reviews.

    mse    mean over the held-out reviews of (predicted - score)^2
    rmse   its root
    mae    mean of |predicted - score|
    r2     1 - mse / variance of the held-out scores: 0 for the mean score of test itself, below 0 for worse

95 % bootstrap intervals: users are drawn anew (resamples.py) with all of their reviews, the same ones for every
predictor, so that differences are paired. All that a resample needs of a user are sums, so its cost does not grow with
the reviews.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.resamples import draw

ERRORS = ("mae", "mse", "rmse")
METRICS = (*ERRORS, "r2")
LEVEL = 0.95
SUMS = 5  # of a group of reviews: their number, absolute and squared errors, scores and squared scores

Interval = dict[str, float]


@dataclass(frozen=True)
class Resampled:
    """Metrics by predictor or part of the reviews, each in the reviews at hand and in every resample.

    ``values[name]``: float64 [resamples + 1] for each metric, the reviews at hand first.
    """

    values: Mapping[str, Mapping[str, np.ndarray]]

    def interval(self, name: str, metric: str) -> Interval:
        return _interval(self.values[name][metric])

    def intervals(self, name: str, metrics: tuple[str, ...] = METRICS) -> dict[str, Interval]:
        return {metric: self.interval(name, metric) for metric in metrics}

    def differences(self, name: str, other: str, metrics: tuple[str, ...] = METRICS) -> dict[str, Interval]:
        """``name`` minus ``other``: below zero where ``name`` errs less."""
        own, others = self.values[name], self.values[other]
        return {metric: _interval(own[metric] - others[metric]) for metric in metrics}


def user_sums(users: np.ndarray, number: int, scores: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Sums per user float64 [number, SUMS]; ``users`` int [n], ``scores`` and ``predicted`` [n].

    Scores should be near zero (less their mean), as r2 takes a difference of their squares.
    """
    errors = predicted - scores
    columns = (np.ones(len(scores)), np.abs(errors), errors**2, scores, scores**2)
    return np.column_stack([np.bincount(users, column, minlength=number) for column in columns])


def resample(sums: Mapping[str, np.ndarray], seed: int, resamples: int | None = None) -> Resampled:
    """``sums``: by name, what user_sums gives for the same users [u]. Each name must have a review."""
    table = np.hstack(list(sums.values()))
    drawn = draw(len(table), seed, resamples).sums(table)
    parts = np.split(np.vstack([table.sum(axis=0), drawn]), len(sums), axis=1)
    return Resampled({name: _metrics(part) for name, part in zip(sums, parts, strict=True)})


def _metrics(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics [r] of sums [r, SUMS]; NaN for a resample that has drawn no review."""
    number, absolute, squared, scores, squared_scores = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mae, mse = absolute / number, squared / number
        variance = squared_scores / number - (scores / number) ** 2
        # Where all scores are the same there is nothing to explain: no error explains it all, any error nothing.
        explained = np.where(variance > 1e-12, 1 - mse / variance, np.where(mse > 1e-12, 0.0, 1.0))
    return {"mae": mae, "mse": mse, "rmse": np.sqrt(mse), "r2": np.where(number > 0, explained, np.nan)}


def _interval(values: np.ndarray) -> Interval:
    """The first of ``values`` with the quantiles of the others, moved out to hold it where they do not."""
    value, drawn = float(values[0]), values[1:][~np.isnan(values[1:])]
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(drawn, (tail, 1 - tail)) if len(drawn) else (value, value)
    return {"value": value, "lower": min(float(lower), value), "upper": max(float(upper), value)}
