"""A Chromium for all tests of this folder. Without one they are skipped; in CI they fail."""

from __future__ import annotations

import os

import pytest

from tests.browser.chromium import CHROMIUM, Page
from tests.browser.chromium import browser as started

MISSING = "the reports are looked at in Debian's chromium, which is not here: apt-get install chromium"


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    if CHROMIUM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    with started(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def opened(chromium):
    """Opens a file as a page of a browser; each is closed with its test, or dozens of processes would stay."""
    pages = []

    def page(path, width=1100, dark=False):
        pages.append(Page(chromium, path, width, dark))
        return pages[-1]

    yield page
    for one in pages:
        one.close()
