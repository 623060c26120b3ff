"""The models that are trained, each in a branch of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """``name`` as states, functions and Prepare's result write it."""

    name: str

    @property
    def key(self) -> str:
        """As files and prefixes in S3 write it."""
        return self.name.lower()

    @property
    def plan(self) -> str:
        """Where Prepare's result plans this model's jobs."""
        return f"$.Prepare.{self.name}"

    @property
    def jobs(self) -> dict[str, str]:
        """The branch's job states and where each one's plan is."""
        return {f"Train{self.name}": f"{self.plan}.Train", f"Evaluate{self.name}": f"{self.plan}.Evaluate"}


MODELS = (Model("Retrieval"), Model("Ranking"))


def all_jobs() -> dict[str, str]:
    """Every job state and the path of its plan in Prepare's result."""
    return {"Preprocess": "$.Prepare.Preprocess"} | {
        state: plan for model in MODELS for state, plan in model.jobs.items()
    }
