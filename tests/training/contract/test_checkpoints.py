"""What an interrupted training goes on from. No TensorFlow: a learning is whatever has variables and epochs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from contract.checkpoints import Checkpoints

IDENTITY = {"reviews": 10, "seed": 1}


class Variable:
    def __init__(self, value) -> None:
        self.value = np.array(value, dtype=np.float32)

    def numpy(self) -> np.ndarray:
        return self.value.copy()

    def assign(self, value) -> None:
        self.value = np.array(value, dtype=np.float32)


class Counting:
    """Learns to count: each epoch adds one to both of its variables."""

    def __init__(self) -> None:
        self.epoch = 0
        self.model = SimpleNamespace(
            variables=[Variable([0, 0])], optimizer=SimpleNamespace(variables=[Variable([[0, 100]])])
        )

    def run_epoch(self) -> None:
        self.epoch += 1
        for variable in self.everything():
            variable.assign(variable.numpy() + 1)

    def everything(self) -> list[Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def values(self) -> list:
        return [variable.numpy().tolist() for variable in self.everything()]

    def learnt(self) -> tuple[np.ndarray, ...]:
        return (self.model.variables[0].numpy(),)


UNTOUCHED = Counting().values()


def learn(folder, scores, identity=IDENTITY):
    """Run an epoch for each score, the best score being the highest; returns the stage and its learning."""
    learning = Counting()
    stage = Checkpoints(folder, identity).stage("learn", learning)
    for score in scores:
        learning.run_epoch()
        stage.add({"epoch": learning.epoch}, score, stage.best_score is None or score > stage.best_score)
    return stage, learning


def test_a_stage_goes_on_where_it_ended(tmp_path, capsys):
    before, interrupted = learn(tmp_path, [0.1, 0.3, 0.2])
    after, resumed = learn(tmp_path, [])
    assert "resumed after epoch 3 (learn.npz)" in capsys.readouterr().out
    assert resumed.epoch == 3
    assert resumed.values() == interrupted.values() == [[3, 3], [[3, 103]]]
    assert after.rows == before.rows == [{"epoch": 1}, {"epoch": 2}, {"epoch": 3}]
    assert (after.best_epoch, after.best_score) == (2, 0.3)
    assert after.best()[0].tolist() == [2, 2]


def test_each_stage_has_a_file_of_its_own(tmp_path):
    learn(tmp_path, [0.1])
    assert Checkpoints(tmp_path, IDENTITY).stage("refit", other := Counting()).rows == []
    assert other.epoch == 0
    assert [file.name for file in tmp_path.iterdir()] == ["learn.npz"]


def test_before_any_epoch_the_best_is_the_start(tmp_path):
    stage, _ = learn(tmp_path / "not there yet", [])
    assert stage.best()[0].tolist() == [0, 0]
    assert (stage.best_epoch, stage.best_score) == (0, None)


def test_without_a_folder_nothing_is_kept():
    assert learn(None, [0.1])[1].epoch == 1
    assert learn(None, [])[1].epoch == 0


def test_what_another_training_left_is_not_used_and_told(tmp_path, capsys):
    learn(tmp_path, [0.1])
    stage, learning = learn(tmp_path, [], identity={**IDENTITY, "seed": 2})
    assert "learn.npz is of another training: starting afresh" in capsys.readouterr().out
    assert (learning.epoch, learning.values(), stage.rows) == (0, UNTOUCHED, [])


@pytest.mark.parametrize("share", [0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_not_used_and_told(tmp_path, capsys, share):
    learn(tmp_path, [0.1, 0.2])
    file = tmp_path / "learn.npz"
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    stage, learning = learn(tmp_path, [])
    assert "learn.npz cannot be read" in capsys.readouterr().out
    assert (learning.epoch, learning.values(), stage.rows) == (0, UNTOUCHED, [])
    assert learn(tmp_path, [0.1])[0].rows == [{"epoch": 1}]  # and is replaced by what is learnt now


def test_a_damaged_file_is_either_read_right_or_not_at_all(tmp_path):
    """One byte changed, anywhere: no variable is left half way between the checkpoint and the start."""
    _, interrupted = learn(tmp_path, [0.1, 0.2])
    file = tmp_path / "learn.npz"
    content = file.read_bytes()
    for place in range(0, len(content), 7):
        file.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        stage, learning = learn(tmp_path, [])
        if learning.epoch:
            assert (learning.epoch, learning.values(), len(stage.rows)) == (2, interrupted.values(), 2)
            assert stage.best()[0].tolist() == [2, 2]
        else:
            assert (learning.values(), stage.rows) == (UNTOUCHED, [])
            assert stage.best()[0].tolist() == [0, 0]


def test_a_write_that_was_cut_off_leaves_the_epoch_before(tmp_path):
    learn(tmp_path, [0.1])
    (tmp_path / "learn.new").write_bytes(b"half of the next")
    assert learn(tmp_path, [])[1].epoch == 1
    assert learn(tmp_path, [0.2])[1].epoch == 2
