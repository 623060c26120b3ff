"""`taproom versions`, `show`, `diff`, `approve`, `reject` and `rollback`: the Model Registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from taproom.cli.account import Place, console, on_account, print_json
from taproom.cli.version_argument import DEFAULT_MODEL, VERSION, model_of, model_option
from taproom.registry.names import MODELS, VersionName

if TYPE_CHECKING:
    from taproom.registry.decisions import Decided

STATUSES = ("approved", "pending", "rejected")
comment_option = click.option("--comment", default="", metavar="TEXT", help="Why; kept as the approval description.")


@click.command()
@click.option("--model", type=click.Choice(MODELS), help="Only this model's. Default: both models'.")
@click.option("--status", type=click.Choice(STATUSES), help="Only versions of this status.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the newest first.")
@on_account
def versions(place: Place, model: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List the registered versions, the newest first.

    The champion (★) is the newest approved version, else the newest that is not rejected: what a new model is compared
    with, and what `taproom recommend` uses. ± is half of a 95 % interval.
    """
    from taproom.registry.listing import list_versions

    with place.opened() as account:
        listings = list_versions(account, place.stack, (model,) if model else MODELS, status, limit)
    if as_json:
        print_json({"schema_version": 1, "models": [one.document() for one in listings]})
        return
    for number, listing in enumerate(listings):
        click.echo("\n" if number else "", nl=False)
        listing.print_to(console())


@click.command()
@click.argument("version", type=VERSION)
@model_option
@on_account
def show(place: Place, version: VersionName, model: str | None, as_json: bool) -> None:
    """Show all that is told of VERSION.

    Metrics with intervals and baselines, the gate's rules, data, parameters, files.

    VERSION is 3, retrieval/3, champion, ranking/latest or a model package ARN.
    """
    from taproom.registry.record import read_record
    from taproom.registry.registry import Registry
    from taproom.registry.version import champion_of
    from taproom.registry.view_record import print_record

    with place.opened() as account:
        registry = Registry(account.client("sagemaker"), place.stack)
        found = registry.find(version, model_of(version, model))
        record = read_record(account.client("s3"), found)
        champion = champion_of(registry.summaries(found.model))
    leads = champion is not None and champion.arn == found.arn
    if as_json:
        print_json(record.document(leads))
    else:
        print_record(console(), record, leads)


@click.command()
@click.argument("first", metavar="V1", type=VERSION)
@click.argument("second", metavar="V2", type=VERSION)
@model_option
@on_account
def diff(place: Place, first: VersionName, second: VersionName, model: str | None, as_json: bool) -> None:
    """Compare two versions of one model.

    Metrics; parameters, data and code that differ.

    V1 and V2 are called as in `taproom show`.
    """
    from taproom.registry.difference import compare
    from taproom.registry.record import read_record
    from taproom.registry.registry import Registry
    from taproom.registry.view_difference import print_difference

    with place.opened() as account:
        registry = Registry(account.client("sagemaker"), place.stack)
        found = [registry.find(one, model_of(one, model)) for one in (first, second)]
        difference = compare(*(read_record(account.client("s3"), one) for one in found))
    if as_json:
        print_json(difference.document())
    else:
        print_difference(console(), difference)


@click.command()
@click.argument("version", type=VERSION)
@model_option
@click.option("--force", is_flag=True, help="Also a version that was rejected.")
@comment_option
@on_account
def approve(place: Place, version: VersionName, model: str | None, force: bool, comment: str, as_json: bool) -> None:
    """Approve VERSION.

    The newest approved version is the champion. VERSION is called as in `taproom show`.
    """
    from taproom.registry.decisions import Decisions
    from taproom.registry.registry import Registry

    with place.opened() as account:
        registry = Registry(account.client("sagemaker"), place.stack)
        found = registry.find(version, model_of(version, model))
        _tell(Decisions(registry).approve(found, comment, force), as_json)


@click.command()
@click.argument("version", type=VERSION)
@model_option
@comment_option
@on_account
def reject(place: Place, version: VersionName, model: str | None, comment: str, as_json: bool) -> None:
    """Reject VERSION.

    A rejected version is no champion. VERSION is called as in `taproom show`.
    """
    from taproom.registry.decisions import Decisions
    from taproom.registry.registry import Registry

    with place.opened() as account:
        registry = Registry(account.client("sagemaker"), place.stack)
        found = registry.find(version, model_of(version, model))
        _tell(Decisions(registry).reject(found, comment), as_json)


@click.command()
@click.option("--model", type=click.Choice(MODELS), default=DEFAULT_MODEL, show_default=True, help="Whose champion.")
@comment_option
@on_account
def rollback(place: Place, model: str, comment: str, as_json: bool) -> None:
    """Go back to the version approved before.

    Approves it again, then rejects the approved champion. It is the newest older version that is approved; where there
    is none, the newest older one that was approved with `taproom approve` and later rejected, but not by a rollback.

    As it is approved first, some version is approved at any moment: a rollback that was cut short is finished by
    another.
    """
    from taproom.registry.decisions import Decisions
    from taproom.registry.registry import Registry

    with place.opened() as account:
        registry = Registry(account.client("sagemaker"), place.stack)
        _tell(Decisions(registry).rollback(model, comment), as_json)


def _tell(decided: Decided, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {
            "schema_version": 1,
            "model_package_arn": decided.version.arn,
            "changed": decided.changed,
            "told": list(decided.sentences),
        }
        print_json(document)
        return
    for sentence in decided.sentences:
        click.echo(sentence)
