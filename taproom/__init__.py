"""OPERATE: the `taproom` command and the local AWS it can run everything on."""
