"""A job that goes wrong as the variable FAULT says; the fault suite sets it, nothing else does."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

FULL = Path("/dev/full")  # Linux: every write to it finds the disk full


def act_out() -> str:
    """Go wrong, or return what the caller is to do wrong: "half an output"."""
    fault = os.environ.get("FAULT", "")
    if fault == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault in ("hangs", "waits"):
        time.sleep(600)
    elif fault == "fills the disk":
        fill_the_disk()
    elif fault == "writes nothing":
        sys.exit(0)
    elif fault == "exits":
        sys.exit(3)
    elif fault == "runs out of memory":
        raise MemoryError("cannot allocate 1099511627776 bytes")
    return fault


def fill_the_disk() -> None:
    if FULL.exists():
        FULL.write_text("x")
    raise OSError(28, "No space left on device")
