"""What an interrupted training job goes on from: SageMaker brings the folder back when it starts the job again.

After every epoch <folder>/<stage>.npz is replaced in one step: the model's and the optimizer's variables, what the best
epoch had learnt and what was logged. Batches are made from seed and epoch, so a resumed training ends with the very
model that it would have ended with.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

# What numpy and zipfile raise for damaged files: an empty one, a wrong header, an unknown kind of compression.
UNREADABLE = (OSError, ValueError, KeyError, EOFError, SyntaxError, RuntimeError, zipfile.BadZipFile)


class Learning(Protocol):
    """What is interrupted: a Keras ``model`` with its optimizer, the epochs done, and what is kept of the best one."""

    epoch: int
    model: Any

    def learnt(self) -> tuple[np.ndarray, ...]: ...


class Checkpoints:
    """All stages of one training; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, identity: dict[str, Any]) -> None:
        """``identity`` tells trainings apart: what another one left is not resumed."""
        self.folder, self.identity = folder, identity

    def stage(self, name: str, learning: Learning) -> Stage:
        """The named stage, and ``learning`` brought to where it was interrupted."""
        return Stage(self.folder / f"{name}.npz" if self.folder else None, self.identity, learning)


class Stage:
    """Epochs of one learning: ``rows`` as they were logged, and the best of them."""

    def __init__(self, file: Path | None, identity: dict[str, Any], learning: Learning) -> None:
        self._file, self._identity, self._learning = file, identity, learning
        self.rows: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.best_score: float | None = None
        self._best: tuple[np.ndarray, ...] = learning.learnt()
        self._resume()

    def add(self, row: dict[str, Any], score: float | None, better: bool) -> None:
        """Note an epoch that is done and keep it."""
        self.rows.append(row)
        if better:
            self.best_epoch, self.best_score, self._best = self._learning.epoch, score, self._learning.learnt()
        self._save()

    def best(self) -> tuple[np.ndarray, ...]:
        """What was ``learnt`` by the best epoch; that of the start where no epoch was done."""
        return self._best

    def _variables(self) -> list[Any]:
        return [*self._learning.model.variables, *self._learning.model.optimizer.variables]

    def _save(self) -> None:
        if self._file is None:
            return
        told = {
            "identity": self._identity,
            "epoch": self._learning.epoch,
            "rows": self.rows,
            "best_epoch": self.best_epoch,
            "best_score": self.best_score,
        }
        arrays = {f"variable{n}": variable.numpy() for n, variable in enumerate(self._variables())}
        arrays |= {f"best{n}": array for n, array in enumerate(self._best)}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as stream:
            np.savez(stream, told=np.array(json.dumps(told)), **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, self._file)

    def _resume(self) -> None:
        if self._file is None or not self._file.is_file():
            return
        try:
            with np.load(self._file, allow_pickle=False) as kept:
                told = json.loads(str(kept["told"]))
                if told["identity"] != self._identity:
                    print(f"{self._file.name} is of another training: starting afresh", flush=True)
                    return
                # All is read before any of it is used: damage may lie anywhere in the file.
                values = [kept[f"variable{number}"] for number in range(len(self._variables()))]
                best = tuple(kept[f"best{n}"] for n in range(len(self._best)))
        except UNREADABLE as error:
            print(f"{self._file.name} cannot be read ({error}): starting afresh", flush=True)
            return
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)
        self._best = best
        self._learning.epoch, self.rows = told["epoch"], told["rows"]
        self.best_epoch, self.best_score = told["best_epoch"], told["best_score"]
        print(f"resumed after epoch {self._learning.epoch} ({self._file.name})", flush=True)
