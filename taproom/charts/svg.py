"""An SVG that another program drew, made fit to stand anywhere: themed, told to screen readers, asking for nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from taproom.charts.colours import DARK, FONT, LIGHT
from taproom.printable import printable

SVG = "http://www.w3.org/2000/svg"
PAINTS = ("fill", "stroke")
NO_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")  # no characters at all, says XML
GUIDES = ("axis", "legend", "title")  # say themselves what they are
ROLES = {colour: role for role, colour in LIGHT.items()}
ET.register_namespace("", SVG)


def themed(svg: str, *, title: str, description: str) -> str:
    """The SVG with colours that follow the reader's screen; ``title`` and ``description`` are what it shows, in words.

    What is painted in a colour of LIGHT becomes the one of DARK on a dark screen. Any text may be given. Two pictures
    in one page do not disturb each other. Raises ET.ParseError where ``svg`` is no XML, and ValueError where it would
    fetch or link something.
    """
    root = ET.fromstring(svg)
    _refuse_addresses(root)
    _own_names(root, hashlib.sha256(svg.encode()).hexdigest()[:8])
    used = _name_paints(root)
    _hints(root)
    for element in root.iter(f"{{{SVG}}}text"):
        element.set("font-family", FONT)
    _stand_alone(root)
    front = [ET.Element(f"{{{SVG}}}{tag}") for tag in ("title", "desc", "style")]
    for element, text in zip(front, (shown(title), shown(description), _style(used)), strict=True):
        element.text = text
    root[:0] = front
    ET.indent(root, "")
    return ET.tostring(root, encoding="unicode") + "\n"


def shown(text: str) -> str:
    """``text`` on one line, as XML can hold it: what is invisible is written as an escape."""
    return printable(text).translate(NO_XML)


def _refuse_addresses(root: ET.Element) -> None:
    for element in root.iter():
        for key, value in element.attrib.items():
            is_link = key.rpartition("}")[2] in ("href", "src") and not value.startswith("#")
            if is_link or re.search(r"url\((?!['\"]?#)", value):
                raise ValueError(f"a picture must hold all that it shows, and this one refers to {value}")


def _own_names(root: ET.Element, own: str) -> None:
    """Ids that something refers to get a prefix of the picture's own; all others go."""
    referred = {name for element in root.iter() for value in element.attrib.values() for name in _references(value)}
    for element in root.iter():
        name = element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            for one in _references(value):
                element.set(key, value.replace(f"#{one}", f"#{own}-{one}"))
        if name in referred:
            element.set("id", f"{own}-{name}")


def _references(value: str) -> Iterator[str]:
    yield from re.findall(r"url\(['\"]?#([^)'\"]+)", value)


def _name_paints(root: ET.Element) -> set[tuple[str, str]]:
    """Give each element the classes of its paints; returns the (paint, role) that occur."""
    used = set()
    for element in root.iter():
        for paint in PAINTS:
            role = ROLES.get(element.get(paint, ""))
            if role:
                used.add((paint, role))
                element.set("class", f"{element.get('class', '')} {paint}-{role}".strip())
    return used


def _hints(root: ET.Element) -> None:
    """What Vega says of a mark for screen readers is shown to those who point at it, too."""
    for element in list(root.iter()):
        label = element.attrib.pop("aria-label", None)
        is_mark = element.get("role") == "graphics-symbol" and element.get("aria-roledescription") not in GUIDES
        if label and is_mark:
            ET.SubElement(element, f"{{{SVG}}}title").text = label
        for key in ("role", "aria-roledescription", "aria-hidden"):
            element.attrib.pop(key, None)


def _stand_alone(root: ET.Element) -> None:
    """One picture, as wide as there is room, with no address in it but the name of the format itself."""
    width, height = (re.sub(r"[a-z]+$", "", root.get(side, "")) for side in ("width", "height"))
    root.set("width", width)
    root.set("height", height)
    root.set("class", "taproom-picture")
    root.set("role", "img")
    root.set("style", "max-width:100%;height:auto")


def _style(used: set[tuple[str, str]]) -> str:
    """Only the dark colours: the light ones are in the drawing, for what knows no style sheets."""
    rules = (f".taproom-picture .{paint}-{role}{{{paint}:{DARK[role]}}}" for paint, role in sorted(used))
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
