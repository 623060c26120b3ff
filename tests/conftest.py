"""What holds for all tests."""

from __future__ import annotations

import signal

# A shell has what it runs in the background ignore Ctrl-C, which every process started from there would do as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
