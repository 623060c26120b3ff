"""Curves of loss and validation, from lines of a log."""

from __future__ import annotations

from taproom.cached import CachedStep
from taproom.report.training import FIT, REFIT, Epoch, read_epochs, trainings
from tests.taproom.report.runs import LOG, STEPS, registered


def test_epochs_are_read_in_their_order_the_refit_last():
    assert read_epochs(LOG.splitlines()) == [
        Epoch(FIT, 1, 6.9, 0.21),
        Epoch(FIT, 2, 6.5, 0.22),
        Epoch(FIT, 3, 6.25, 0.215),
        Epoch(REFIT, 1, 6.95),
        Epoch(REFIT, 2, 6.45),
    ]


def test_an_epoch_that_was_trained_again_counts_as_it_was_last():
    lines = ["epoch=1 of=3 loss=5", "epoch=2 of=3 loss=4", "epoch=2 of=3 loss=3.5 validation=0.5"]
    assert read_epochs(lines) == [Epoch(FIT, 1, 5.0), Epoch(FIT, 2, 3.5, 0.5)]


def test_a_line_that_was_cut_is_left_out():
    assert read_epochs(["epoch=1 of=3 loss=e", "epoch=2 of=", ""]) == []


def test_what_was_chosen_is_told(tmp_path):
    retrieval, ranking = trainings(registered(tmp_path).folder, [])
    assert (retrieval.model, ranking.model) == ("Retrieval", "Ranking")
    assert [line.split()[0] for line in retrieval.chosen] == ["closed", "best"]
    assert [figure.title for figure in retrieval.figures] == ["Retrieval: loss", "Retrieval: validation"]
    assert retrieval.figures[1].rows == [[FIT, 1, 0.21], [FIT, 2, 0.22], [FIT, 3, 0.215]]


def test_curves_of_a_cached_training_are_those_of_the_run_that_trained(tmp_path):
    registered(tmp_path)
    (tmp_path / "now").mkdir()
    from_there, from_nowhere = (CachedStep("TrainRetrieval", f"arn:x:{run}") for run in ("registered", "gone"))
    (told,) = trainings(tmp_path / "now", [from_there])
    assert (told.earlier, len(told.figures)) == ("registered", 2)
    (told,) = trainings(tmp_path / "now", [from_nowhere])
    assert (told.figures, told.missing) == ([], "No curves: run gone is not collected here.")


def test_a_log_of_no_epoch_is_told_as_that(tmp_path):
    run = registered(tmp_path)
    (run.folder / "logs" / f"{STEPS['TrainRetrieval']}.log").write_text("could not start\n")
    assert trainings(run.folder, [])[0].missing == "No curves: its log tells of no epoch."
