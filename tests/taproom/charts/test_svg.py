"""Pictures that stand alone: colours for both screens, words for those who do not see them, nothing from outside."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taproom.charts.colours import DARK, LIGHT, SERIES
from taproom.charts.svg import shown, themed
from taproom.charts.vega import svg_of

NAME = "{http://www.w3.org/2000/svg}"
DRAWING = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  width="10pt" height="20pt" viewBox="0 0 10 20"><clipPath id="clip0"><path d="M0,0h1"/></clipPath>
  <g id="unused" clip-path="url(#clip0)"><rect fill="{LIGHT["paper"]}" stroke="{LIGHT["good"]}"/></g></svg>"""
TEXTS = st.text() | st.sampled_from(
    ["\U0001f37a" * 60, "x" + "\U0001f37a" * 60, "\0", "\ufffe\uffff", "\ud800", "]]>", "<&>"]
)


def bars(*values):
    return {
        "data": {"values": [{"name": name, "n": number} for name, number in values]},
        "mark": {"type": "bar", "color": LIGHT["busy"]},
        "encoding": {"y": {"field": "name", "type": "nominal"}, "x": {"field": "n", "type": "quantitative"}},
    }


def test_light_and_dark_have_the_same_roles_and_no_colour_means_two_things():
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert set(SERIES) <= LIGHT.keys()


def luminance(colour):
    """As WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_writing_can_be_read_on_what_it_is_written_on(colours):
    assert contrast("#000000", "#ffffff") == 21
    for ground in ("paper", "panel", "box"):
        for writing in ("ink", "soft", "good", "bad", "warn", "busy", "saved"):
            assert contrast(colours[writing], colours[ground]) >= 4.5, (writing, ground)
    for role in ("good", "bad", "warn", "busy", "saved"):
        assert contrast(colours["ink"], colours[f"{role}-box"]) >= 4.5
        assert contrast(colours[role], colours[f"{role}-box"]) >= 4.5


def test_colours_follow_the_screen_and_are_there_without_style_sheets():
    root = ET.fromstring(themed(DRAWING, title="t", description="d"))
    rect = root.find(f".//{NAME}rect")
    assert (rect.get("fill"), rect.get("class")) == (LIGHT["paper"], "fill-paper stroke-good")
    style = root.find(f"{NAME}style").text
    assert style.startswith("@media (prefers-color-scheme:dark){")
    assert f".taproom-picture .stroke-good{{stroke:{DARK['good']}}}" in style


def test_it_is_an_image_with_a_title_and_a_description_first():
    root = ET.fromstring(themed(DRAWING, title="Durations <now> & then", description="Three bars"))
    assert (root.get("role"), root.get("width"), root.get("height")) == ("img", "10", "20")
    assert [(one.tag, one.text) for one in root[:2]] == [
        (f"{NAME}title", "Durations <now> & then"),
        (f"{NAME}desc", "Three bars"),
    ]


def test_ids_are_the_pictures_own_or_gone():
    text = themed(DRAWING, title="t", description="d")
    (clip,) = ET.fromstring(text).iter(f"{NAME}clipPath")
    own = clip.get("id")
    assert own.endswith("-clip0")
    assert f'clip-path="url(#{own})"' in text
    assert "unused" not in text
    other = themed(DRAWING.replace("h1", "h2"), title="t", description="d")
    assert own not in other


@pytest.mark.parametrize(
    "inner",
    [
        '<image href="http://a.example/x.png"/>',
        '<a xlink:href="http://a.example"/>',
        '<g fill="url(http://a.example)"/>',
    ],
)
def test_what_would_fetch_or_link_something_is_refused(inner):
    with pytest.raises(ValueError, match=r"a\.example"):
        themed(DRAWING.replace("<rect", f"{inner}<rect"), title="t", description="d")


def test_a_chart_is_drawn_with_its_words_as_text():
    text = svg_of(bars(("Train", 3), ("Evaluate", 5)), title="Times", description="Two bars")
    root = ET.fromstring(text)
    assert {"Train", "Evaluate"} <= {one.text for one in root.iter(f"{NAME}text")}
    assert [one.text for one in root.iter(f"{NAME}title")] == ["Times", "n: 3; name: Train", "n: 5; name: Evaluate"]
    assert "fill-busy" in text
    assert "<script" not in text


@pytest.mark.parametrize(
    "spec",
    [
        {"data": {"url": "http://127.0.0.1:9/x.csv"}, "mark": "bar"},
        {"data": {"values": [{"u": "http://a.example/x.png"}]}, "mark": "image", "encoding": {"url": {"field": "u"}}},
        {"mark": "no such mark", "data": {"values": []}},
    ],
)
def test_a_chart_that_is_wrong_or_asks_for_something_from_outside_is_refused(spec):
    with pytest.raises(ValueError):
        svg_of(spec, title="t", description="d")


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_any_text_is_escaped(name, title):
    root = ET.fromstring(themed(DRAWING, title=title, description=name))
    assert (root[0].text or "") == shown(title)
    assert (root[1].text or "") == shown(name)


@settings(max_examples=20, deadline=None)
@given(TEXTS, TEXTS)
def test_any_data_under_any_name_gives_a_chart(name, field):
    spec = bars((name, 1)) | {"title": name}
    spec["data"]["values"][0][field] = name
    ET.fromstring(svg_of(spec, title=name, description=name))


def test_hostile_data_stays_text_in_a_chart():
    hostile = "</text><b>&\"'\x00\uffff"
    root = ET.fromstring(svg_of(bars((hostile, 1)), title=hostile, description=hostile))
    assert "</text><b>&\"'\\x00\ufffd" in {one.text for one in root.iter(f"{NAME}text")}
    assert not list(root.iter(f"{NAME}script"))
