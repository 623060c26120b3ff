"""What the words of the metrics mean, for who reads a page for the first time."""

from __future__ import annotations

from collections.abc import Iterable

from taproom.report.metrics import Metrics

OF_ALL = {
    "champion": "the version that this one would replace, measured on the same held-out reviews",
    "items head, mid, tail": "the most reviewed items, those between, and the least reviewed: a third of train each",
    "users few, many reviews": "users up to the median number of reviews, and above it",
    "unknown": "items, or users, that train does not have",
}
OF_MODEL = {
    "retrieval": {
        "top-k accuracy": "share of a user's held-out items among the k best, reviewed ones not left out; user mean",
        "recall at k": "the same with lists of k from which what the user has reviewed is left out",
        "NDCG at 10": "recall at 10 that counts more the higher up an item stands",
        "MRR": "1 divided by the place, from 1, of the first held-out item; mean over users",
        "catalogue coverage": "the share of all items that is in anybody's ten best",
        "popularity": "the same list of the most reviewed items for everybody",
        "random": "a list by chance",
    },
    "ranking": {
        "RMSE, MAE, MSE": "how far a predicted score is from the given one: root of the mean square, mean, mean square",
        "R²": "the share of the scores' variance that the predictions tell",
        "bias": "a prediction from the user's and the item's mean alone",
        "global mean": "the mean of all scores for everything",
    },
}


def words_of(measured: Iterable[Metrics]) -> list[tuple[str, str]]:
    """The words that these metrics use, with their meanings."""
    words: dict[str, str] = {}
    for one in measured:
        words |= OF_MODEL[one.model]
    return list((words | OF_ALL).items()) if words else []
