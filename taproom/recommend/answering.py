"""A user in, a list of items out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from taproom.recommend.choosing import Chosen, Fetched, not_ranked
from taproom.recommend.errors import ModelUnusable
from taproom.recommend.items import features_of
from taproom.recommend.models import Ranking, Retrieval
from taproom.recommend.order import Candidate, Recommended, ordered

CANDIDATES = 100  # of retrieval that ranking is asked about, unless more are to be shown


@dataclass(frozen=True)
class Request:
    """For whom, how many, and of how many candidates. With a ``history``, it stands for what the user reviewed."""

    user: str
    k: int = 10
    exclude_seen: bool = True
    history: tuple[str, ...] = ()
    candidates: int = CANDIDATES
    ranking_named: bool = False  # then it is an error if it cannot be used


@dataclass(frozen=True)
class Answer:
    """The list, what answered, and what a person should know of it."""

    user: str
    known: bool | None  # None where the model does not tell
    retrieval: Fetched
    ranking: Fetched | None
    items: list[Recommended]
    features: dict[str, dict[str, Any]]
    notes: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        def called(fetched: Fetched | None) -> dict[str, Any] | None:
            if fetched is None:
                return None
            return {"version": fetched.version.number, "model_package_arn": fetched.version.arn}

        return {
            "schema_version": 1,
            "user": self.user,
            "known": self.known,
            "retrieval": called(self.retrieval),
            "ranking": called(self.ranking),
            "notes": self.notes,
            "items": [
                {
                    "item": one.item,
                    "predicted_score": one.predicted,
                    "retrieval_place": one.candidate.place,
                    "retrieval_score": one.candidate.score,
                    **self.features.get(one.item, {}),
                }
                for one in self.items
            ],
        }


def answer(chosen: Chosen, request: Request) -> Answer:
    """Load the models and ask them. Raises RecommendError and ModelUnusable."""
    retrieval = Retrieval(chosen.retrieval.folder, chosen.retrieval.version.name)
    notes = list(chosen.notes)
    known = retrieval.known(request.user)
    notes += _on_user(request, known, retrieval)
    if retrieval.longest and request.k > retrieval.longest:
        notes.append(f"{retrieval.name} serves at most {retrieval.longest} items")
    candidates = _candidates(retrieval, request)
    ranking, predicted = chosen.ranking, None
    if ranking is not None:
        try:
            model = Ranking(ranking.folder, ranking.version.name)
            predicted = model.scores(request.user, [one.item for one in candidates])
        except ModelUnusable as error:
            if request.ranking_named:
                raise
            ranking = None
            notes.append(not_ranked(error))
    items = ordered(candidates, predicted, request.k)
    folders = [one.folder for one in (chosen.retrieval, chosen.ranking) if one is not None]
    features = features_of([one.item for one in items], folders)
    return Answer(request.user, known, chosen.retrieval, ranking, items, features, notes)


def _candidates(retrieval: Retrieval, request: Request) -> list[Candidate]:
    """As many as are to be ranked, or as the model serves if it is fewer; ``k`` where it does not tell how many."""
    wanted = max(request.k, request.candidates if retrieval.longest else 0)
    wanted = min(wanted, retrieval.longest or wanted)
    if request.history:
        return retrieval.for_history(request.history, wanted, request.exclude_seen)
    return retrieval.for_user(request.user, wanted, request.exclude_seen)


def _on_user(request: Request, known: bool | None, retrieval: Retrieval) -> list[str]:
    """What is to be told of whom the list is for."""
    if not request.history:
        told = f"{request.user!r} is not in the training data of {retrieval.name}: this is what is popular"
        return [told] if known is False else []
    unknown = retrieval.unknown_of(request.history)
    if len(unknown) == len(request.history):
        return [f"none of the history is in the catalogue of {retrieval.name}: this is what is popular"]
    return [f"not in the catalogue of {retrieval.name}: {_named(unknown)}"] if unknown else []


def _named(items: Sequence[str]) -> str:
    return ", ".join(repr(item) for item in items)
