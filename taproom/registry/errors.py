"""What keeps the registry from doing as asked; each message says what was received and what to do."""

from __future__ import annotations


class RegistryError(RuntimeError):
    """The registry cannot do what was asked; nothing was changed."""


class UnknownGroup(RegistryError):
    """There is no such model package group: the stack was never deployed there, or is called otherwise."""


class UnknownVersion(RegistryError):
    """There is no such version."""


class NotAllowed(RegistryError):
    """The version's state does not allow what was asked."""
