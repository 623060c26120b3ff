from __future__ import annotations

import pytest

from taproom.progress import progress_of


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("epoch=3 of=20 loss=5.1234 seconds=1.2", "epoch 3/20, loss 5.1234"),
        ("2026-01-01 INFO epoch=3 loss=1e-05", "epoch 3, loss 1e-05"),
        ("epoch=3 of=20 loss=5.1 validation=0.43 seconds=1", "epoch 3/20, loss 5.1, validation 0.43"),
        ("refit epoch=1 of=4 loss=5.1 seconds=1", "refit epoch 1/4, loss 5.1"),
        ("loss=3", ""),
        ("reading reviews", ""),
    ],
)
def test_only_training_lines_are_progress(line, shown):
    assert progress_of(line) == shown
