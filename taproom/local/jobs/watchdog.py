"""Runs a job's command and sees to it that the command does not outlive whoever started this: `watchdog.py CMD ARGS`.

Standard input is a pipe from the starter that never carries anything. When it ends, the starter is gone, and the whole
process group is killed. Exits with the command's own status (128 + N after signal N). Standard library only.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    # the command gets the signals that end a job; this process stays to report its end
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    threading.Thread(target=kill_group_when_alone, daemon=True).start()
    status = command.wait()
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


def kill_group_when_alone() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
