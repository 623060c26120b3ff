"""`taproom recommend`: what the registered models would show a user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taproom.cli.account import Place, console, faults_told, on_account, print_json
from taproom.cli.version_argument import VERSION
from taproom.registry.names import VersionName

if TYPE_CHECKING:
    from taproom.recommend.answering import Answer, Request
    from taproom.recommend.choosing import Chosen


@click.command()
@click.argument("user")
@click.option("--k", type=click.IntRange(min=1), default=10, show_default=True, help="How many items to show.")
@click.option(
    "--exclude-seen/--include-seen", default=True, show_default=True, help="Leave out what the user has reviewed."
)
@click.option("--retrieval", type=VERSION, metavar="VERSION", help="Retrieval version. Default: the champion.")
@click.option("--ranking", type=VERSION, metavar="VERSION", help="Ranking version. Default: the champion, if any.")
@click.option("--history", multiple=True, metavar="ITEM", help="As if the user had reviewed this item; repeatable.")
@click.option("--candidates", type=click.IntRange(min=1), default=100, show_default=True, help="How many are ranked.")
@on_account
def recommend(
    place: Place,
    user: str,
    k: int,
    exclude_seen: bool,
    retrieval: VersionName | None,
    ranking: VersionName | None,
    history: tuple[str, ...],
    candidates: int,
    as_json: bool,
) -> None:
    """Recommend items to USER with the registered models.

    Retrieval finds --candidates items; ranking predicts the score that the user would give to each. The list is ordered
    by the sum of both models' scores, each standardised over the candidates: by what the user would choose, and by how
    much they would like it. Shown are the predicted score and retrieval's place. A user whom the models do not know is
    served what is popular, or by --history.

    The champion of a model is its newest approved version, else the newest that is not rejected; other versions are
    called 3, latest or by their ARN.
    """
    from taproom.recommend.answering import Request
    from taproom.recommend.artifacts import ArtifactCache
    from taproom.recommend.choosing import choose
    from taproom.recommend.view import print_answer

    cache = place.work / "cache"
    request = Request(user, k, exclude_seen, history, candidates, ranking_named=ranking is not None)
    with place.opened() as account:
        chosen = choose(account, place.stack, ArtifactCache(cache / "models"), retrieval, ranking)
    with faults_told():
        found = _answer(chosen, request, cache / "tensorflow.log")
    if as_json:
        print_json(found.document())
    else:
        print_answer(console(), found)


def _answer(chosen: Chosen, request: Request, log: Path) -> Answer:
    """The models' answer, with a sign of life meanwhile; what TensorFlow says goes to ``log``."""
    from rich.console import Console

    from taproom.recommend.answering import answer
    from taproom.recommend.quiet import stderr_to

    with (
        os.fdopen(os.dup(2), "w") as terminal,  # kept while standard error goes elsewhere
        Console(file=terminal).status("Loading models ..."),
        stderr_to(log),
    ):
        return answer(chosen, request)
