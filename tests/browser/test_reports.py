"""Reports in a browser: whole, silent, true to their documents, and usable by everybody."""

from __future__ import annotations

import json
from importlib import resources
from itertools import pairwise

import pytest

from taproom.charts.colours import LIGHT
from taproom.report import verdict
from tests.browser.looked import OPEN_ALL, OUTSIDE, rows
from tests.taproom.report.runs import KINDS, NASTY

SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory):
    run = KINDS[request.param](tmp_path_factory.mktemp("runs"))
    run.report()
    return run


@pytest.fixture
def page(run, opened):
    return opened(run.folder / "report.html")


@pytest.mark.parametrize("dark", [False, True])
def test_the_console_is_silent_and_no_request_leaves_the_page(run, opened, dark):
    page = opened(run.folder / "report.html", dark=dark)
    page.run(OPEN_ALL)
    assert page.complaints == []
    assert page.requests == [(run.folder / "report.html").resolve().as_uri()]


def test_the_verdict_leads(page, run):
    assert page.run("document.querySelector('h1').innerText.replace(/\\s+/g, ' ')") == verdict(run.snapshot)
    assert page.run("document.querySelectorAll('h1').length") == 1


def test_the_numbers_are_those_of_evaluation_json(page, run):
    for model, group in (("retrieval", "retrieval_metrics"), ("ranking", "regression_metrics")):
        if not (run.folder / "evaluation" / f"{model}.json").exists():
            assert run.folder.name == "failed"
            continue
        evaluation = run.json("evaluation", f"{model}.json")
        own = {**evaluation.get("multiclass_classification_metrics", {}), **evaluation[group]}
        told = rows(page, f"table.metrics[data-model={model}]", [1, 2])
        first = next(iter(evaluation["baselines"].values()))
        assert {name: numbers for name, ((_, numbers), _) in told.items()} == {
            name: [one["value"], one["lower"], one["upper"]] for name, one in own.items()
        }
        assert {name: numbers[0] for name, (_, (_, numbers)) in told.items()} == {
            name: one["value"] for name, one in first.items()
        }


def test_the_rules_are_those_of_gate_json(page, run):
    for model in ("retrieval", "ranking"):
        if not (run.folder / "gate" / model / "gate.json").exists():
            assert run.folder.name == "failed"
            continue
        told = rows(page, f"table.gate[data-model={model}]", [1, 2, 3])
        for rule in run.json("gate", model, "gate.json")["rules"]:
            (verdict_told, _), (_, value), (_, limit) = told.pop(rule["rule"])
            assert verdict_told == rule["verdict"]
            assert (value, limit) == tuple([] if rule[one] is None else [rule[one]] for one in ("value", "limit"))
        assert told == {}


def test_every_chart_has_its_data(page, run):
    figures = page.run(
        OUTSIDE
        + """[...document.querySelectorAll('figure')].map(figure => ({
            title: figure.querySelector('figcaption').innerText,
            alt: figure.querySelector('svg > title').textContent,
            told: figure.querySelector('svg > desc').textContent,
            rows: figure.querySelectorAll('tbody tr').length,
            symbols: figure.querySelectorAll('.mark-symbol.role-mark path').length,
            bars: figure.querySelectorAll('.mark-rect.role-mark path').length,
            nodes: figure.querySelectorAll('.node').length,
            visible: [...figure.querySelectorAll('svg *')].filter(one => one.getBoundingClientRect().width > 0).length,
            clipped: [...figure.querySelectorAll('svg text')].filter(one => outside(one, figure.querySelector('svg')))
                .map(one => one.textContent),
            broken: /NaN|undefined|null/.test(figure.innerHTML)}))"""
    )
    assert all(one["alt"] and one["told"] and one["visible"] > 3 and not one["broken"] for one in figures)
    assert {one["title"]: one["clipped"] for one in figures if one["clipped"]} == {}
    by_title = {one["title"]: one for one in figures}
    assert by_title.pop("The states, coloured by outcome")["nodes"] > 20
    timeline = by_title.pop("When each state was at work")
    assert timeline["bars"] == timeline["rows"] > 0
    for title in ("Scores", "Popularity: reviews of each item", "Reviews of each user"):
        chart = by_title.pop(title)
        assert 0 < chart["rows"] <= chart["bars"]
    for title, chart in by_title.items():
        marks = 1 if "threshold" in title else 0  # drawn as a tick, and told as a row
        assert chart["symbols"] + marks == chart["rows"] > 0, title
    curves = [title for title in by_title if "loss" in title]
    assert curves == (["Retrieval: loss"] if run.folder.name == "failed" else ["Retrieval: loss", "Ranking: loss"])


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_needs_no_scrolling_to_the_side(run, opened, width):
    page = opened(run.folder / "report.html", width)
    page.run(OPEN_ALL)
    assert page.run("[document.documentElement.scrollWidth, innerWidth]") == [width, width]


@pytest.mark.parametrize("dark", [False, True])
def test_an_accessibility_check_finds_nothing_serious(run, opened, dark):
    page = opened(run.folder / "report.html", 390 if dark else 1100, dark)
    page.run(OPEN_ALL)
    page.run(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text() + "; 0")
    found = page.run("axe.run().then(one => one.violations.map(v => [v.impact, v.id, v.nodes[0].html]))")
    assert [one for one in found if one[0] in SERIOUS] == []
    headings = page.run("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(headings))


def test_the_keyboard_reaches_everything(page):
    page.press("Tab")
    assert page.run("document.activeElement.innerText") == "To the content"
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    targets = page.run("[...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.getAttribute('href'))")
    assert targets
    assert page.run(f"{targets}.filter(one => document.querySelector(one) === null)") == []
    scrolled = "[...document.querySelectorAll('.scroll, pre')].filter(one => one.tabIndex !== 0).length"
    assert page.run(scrolled) == 0


def test_markup_in_names_is_shown_and_not_run(page):
    page.run(OPEN_ALL)
    assert page.run("typeof pwned") == "undefined"
    assert page.run("document.querySelectorAll('img, script, iframe, object').length") == 0
    shown = NASTY.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert shown in page.run("document.body.innerText")


def test_on_paper_it_is_black_on_white_and_within_its_margins(run, opened):
    page = opened(run.folder / "report.html", dark=True)
    page.media(dark=False, paper=True)
    red, green, blue = (int(LIGHT["paper"][place : place + 2], 16) for place in (1, 3, 5))
    assert page.run("getComputedStyle(document.body).backgroundColor") == f"rgb({red}, {green}, {blue})"
    assert page.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.paper().startswith(b"%PDF")


def test_a_failed_run_leads_with_the_cause_and_what_to_do(opened, tmp_path):
    page = opened(KINDS["failed"](tmp_path).report())
    lead = page.run("document.querySelector('header').innerText")
    assert lead.index("Failed at TrainRetrieval.") < lead.index("loss is nan") < lead.index("taproom rerun failed")
    assert page.run("document.querySelector('.cause').getBoundingClientRect().bottom < innerHeight")
    assert "ValueError: loss is nan" in page.run("document.querySelector('.cause pre:not(.command)').textContent")


def test_a_cached_run_leads_to_the_report_of_the_run_that_it_took_steps_from(opened, tmp_path):
    page = opened(KINDS["cached"](tmp_path).report())
    links = page.run("[...document.querySelectorAll('table.states a')].map(one => one.href)")
    led_to = (tmp_path / "registered" / "report.html").resolve().as_uri()
    assert set(links) == {led_to}
    assert len(links) == 4
    assert page.follow("#states > p a") == led_to
    assert page.run("document.querySelector('h1').innerText").startswith("Retrieval version")


def test_a_page_of_which_the_earlier_run_is_elsewhere_says_where_its_report_is(opened, tmp_path):
    run = KINDS["cached"](tmp_path)
    uri = "s3://taproom-data/runs/registered-1/report.html"
    (run.folder / "earlier-reports.json").write_text(json.dumps({"registered": uri}))
    assert uri not in opened(run.report()).run("document.body.innerText")  # the link beside it leads there
    (tmp_path / "registered" / "report.html").unlink()
    assert opened(run.report()).run("document.body.innerText").count(uri) == 1
