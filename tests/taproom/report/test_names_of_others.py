"""Names that a sheet would calculate, a terminal obey or a reader not see are plain text on the page."""

from __future__ import annotations

import json

import pytest

from tests.taproom.report.runs import registered

SAMPLES = "evaluation/retrieval/samples.json"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a run whose samples recommend what is asked for."""
    run = registered(tmp_path_factory.mktemp("runs"))

    def with_item(name):
        samples = json.loads((run.folder / SAMPLES).read_text())
        samples["samples"][0]["recommended"] = [{"item": name, "score": 0.25}]
        (run.folder / SAMPLES).write_text(json.dumps(samples))
        return run.report().read_text()

    return with_item


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('=HYPERLINK("http://x.example")', "=HYPERLINK(&#34;http://x.example&#34;)"),
        ("+cmd|' /C calc'!A0", "+cmd|&#39; /C calc&#39;!A0"),
        ("@SUM(1+1)*cmd|x", "@SUM(1+1)*cmd|x"),
    ],
)
def test_a_formula_is_shown_as_it_is_written_and_is_no_link(page, name, shown):
    text = page(name)
    assert shown in text
    assert 'href="http://x.example' not in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("stout\u202egpj.exe", r"stout\u202egpj.exe"),
        ("sto\u200but", r"sto\u200but"),
        ("\x1b[2Jstout", r"\x1b[2Jstout"),
        ("\udcff stout", r"\udcff stout"),
    ],
)
def test_a_sign_that_nobody_sees_is_shown_as_an_escape(page, name, shown):
    text = page(name)
    assert shown in text
    assert name not in text
