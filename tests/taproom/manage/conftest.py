from __future__ import annotations

import pytest

from tests.taproom.manage.machines import Machine


@pytest.fixture(scope="module")
def machine(local_aws, tmp_path_factory):
    return Machine(local_aws, tmp_path_factory.mktemp("stack"))
