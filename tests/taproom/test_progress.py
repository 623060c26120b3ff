from __future__ import annotations

import pytest

from taproom.progress import progress_of


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("epoch=3 of=20 loss=5.1234 seconds=1.2", "epoch 3/20, loss 5.1234"),
        ("2026-01-01 INFO epoch=3 loss=1e-05", "epoch 3, loss 1e-05"),
        ("loss=3", ""),
        ("reading reviews", ""),
    ],
)
def test_only_training_lines_are_progress(line, shown):
    assert progress_of(line) == shown
