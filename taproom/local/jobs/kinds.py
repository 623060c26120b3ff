"""The two kinds of job, and what differs between them in names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``word`` as in CreateTrainingJob, TrainingJobName, TrainingJobStatus."""

    word: str

    @property
    def snake(self) -> str:
        return self.word.lower()

    @property
    def name_key(self) -> str:
        return f"{self.word}JobName"

    @property
    def arn_key(self) -> str:
        return f"{self.word}JobArn"

    @property
    def status_key(self) -> str:
        return f"{self.word}JobStatus"


TRAINING = Kind("Training")
PROCESSING = Kind("Processing")
KINDS = (TRAINING, PROCESSING)
