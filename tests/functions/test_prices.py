from __future__ import annotations

import json
import re
from decimal import Decimal

from rules.execution_input import ExecutionInput
from rules.prices import TABLE, listed_prices


def groups():
    return json.loads(TABLE.read_text())["groups"]


def test_every_group_of_figures_says_of_when_and_from_where_it_is():
    for group in groups():
        assert re.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?", group["date"])
        assert group["source"].startswith("https://")


def test_a_type_has_one_price_which_is_plausible():
    listed = [(name, usd) for group in groups() for name, usd in group["usd_per_hour"].items()]
    assert len(dict(listed)) == len(listed)
    assert all(0.01 < usd < 100 for _, usd in listed)
    ExecutionInput.model_validate({"UsdPerHour": dict(listed)})  # of the form that an instance type has


def test_the_default_machines_have_a_price():
    defaults = ExecutionInput()
    for name in (defaults.processing_instance_type, defaults.training_instance_type):
        assert listed_prices().of(name) is not None


def test_a_price_is_exact_and_says_whose_it_is():
    price = listed_prices().of("ml.m5.xlarge")
    assert price.usd_per_hour == Decimal("0.23")
    assert price.of == "us-east-1, 2026-07-30"
    assert listed_prices().of("ml.m99.xlarge") is None


def test_a_given_price_goes_before_the_listed_one_and_leaves_the_others():
    prices = listed_prices().with_given({"ml.m5.xlarge": 0.3, "ml.m99.xlarge": 7})
    assert prices.of("ml.m5.xlarge").usd_per_hour == Decimal("0.3")
    assert prices.of("ml.m5.xlarge").of == "UsdPerHour of the execution input"
    assert prices.of("ml.m99.xlarge").usd_per_hour == 7
    assert prices.of("ml.m5.large") == listed_prices().of("ml.m5.large")
    assert listed_prices().of("ml.m5.xlarge").usd_per_hour == Decimal("0.23")
