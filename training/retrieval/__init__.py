"""The retrieval model: which items a user will review."""
