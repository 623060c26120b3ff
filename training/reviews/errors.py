"""What keeps reviews from being prepared. Messages name files, lines and columns, never what a review says."""

from __future__ import annotations

from contract.container import JobError


class PreprocessError(JobError):
    """The reviews cannot be prepared."""


class NoReviewsError(PreprocessError):
    """There is no review file, or none holds a review."""


class UnreadableFileError(PreprocessError):
    """A review file is not what its name says."""


class MissingColumnError(PreprocessError):
    """A review file lacks a column that is needed."""
