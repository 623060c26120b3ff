"""The page of `taproom compare` in a browser: silent, whole, and usable by everybody."""

from __future__ import annotations

from importlib import resources
from itertools import pairwise

import pytest

from taproom.compare.page import write_page
from tests.browser.looked import OPEN_ALL
from tests.taproom.compared import comparison, record, retrieval_with_a_gap
from tests.taproom.report.runs import NASTY

SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Four versions of retrieval, one with gaps, and two of ranking with markup in their names."""
    ranking = [record(1, "ranking", parameters={NASTY: 1}), record(2, "ranking", CodeDigest=NASTY)]
    ranking[1].gate.content["reason"] = NASTY
    models = [retrieval_with_a_gap(), comparison(ranking, others=7)]
    return write_page(models, "taproom", tmp_path_factory.mktemp("compare") / "compare.html")


def test_it_is_silent_accessible_and_as_wide_as_a_phone(file, opened):
    page = opened(file, 390, dark=True)
    page.run(OPEN_ALL)
    assert page.complaints == []
    assert page.requests == [file.resolve().as_uri()]
    assert page.run("[document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    page.run(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text() + "; 0")
    found = page.run("axe.run().then(one => one.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
    assert [one for one in found if one[0] in SERIOUS] == []
    headings = page.run("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(headings))
    targets = page.run("[...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.getAttribute('href'))")
    assert page.run(f"{targets}.filter(one => document.querySelector(one) === null)") == []


def test_markup_in_names_is_shown_and_not_run(file, opened):
    page = opened(file)
    assert page.run("typeof pwned") == "undefined"
    assert page.run("document.querySelectorAll('img, script, iframe, object').length") == 0
    shown = NASTY.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert page.run("document.body.innerText").count(shown) >= 3


def test_the_table_and_the_charts_hold_the_numbers(file, opened):
    page = opened(file)
    numbers = "row => [row.dataset.version, [...row.cells[1].querySelectorAll('data')].map(one => Number(one.value))]"
    told = page.run(f"[...document.querySelectorAll('table.metrics[data-model=retrieval] tbody tr')].map({numbers})")
    near = [[version, pytest.approx(values)] for version, values in told]
    assert near == [
        ["4", [0.7, 0.69, 0.71, 0.5, 0.5]],
        ["3", [0.65, 0.64, 0.66, 0.5, 0.5]],
        ["2", [0.5]],
        ["1", [0.6, 0.59, 0.61, 0.5, 0.5]],
    ]
    charts = page.run(
        """[...document.querySelectorAll('figure')].map(figure => [
            figure.querySelector('figcaption').innerText,
            figure.querySelectorAll('.mark-symbol.role-mark path').length,
            figure.querySelectorAll('tbody tr').length,
            (/.{0,40}(NaN|undefined|null).{0,40}/.exec(figure.innerHTML) || [''])[0]])"""
    )
    assert len(charts) == 6 + 6
    assert [one for one in charts if one[1] != one[2] or one[2] == 0 or one[3]] == []
