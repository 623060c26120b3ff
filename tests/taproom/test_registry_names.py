"""How versions are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taproom.registry.names import MODELS, NotAVersionName, VersionName, parse_name

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/taproom-ranking/12"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", VersionName("3", number=3)),
        ("ranking/2", VersionName("ranking/2", "ranking", 2)),
        ("champion", VersionName("champion", role="champion")),
        ("retrieval/latest", VersionName("retrieval/latest", "retrieval", role="latest")),
        (ARN, VersionName(ARN, arn=ARN)),
    ],
)
def test_a_version_is_called_by_number_role_or_arn(text, expected):
    assert parse_name(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", " 3", "3\n", "-1", "1.0", "v3", "3/retrieval", "reranking/2", "champion/3", "٣", "1234567890", ARN + "/x"],
)
def test_anything_else_is_refused_with_what_would_do(text):
    with pytest.raises(NotAVersionName, match="names no version: say 3, retrieval/3"):
        parse_name(text)


@given(st.sampled_from(MODELS), st.integers(0, 999_999_999))
def test_a_models_number_is_read_back(model, number):
    name = parse_name(f"{model}/{number}")
    assert (name.model, name.number, name.role, name.arn) == (model, number, None, None)
