"""What keeps models from recommending; each message says what was received and what to do."""

from __future__ import annotations


class RecommendError(RuntimeError):
    """No recommendations can be made as asked."""


class ModelUnusable(RecommendError):
    """A version's artifact is gone, unsafe, or no model of the kind that is needed."""
