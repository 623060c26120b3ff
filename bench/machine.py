"""Facts about the machine that a reader needs to judge a time, and what a measurement needs of the environment."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

PACKAGES = (
    "tensorflow",
    "tensorflow-recommenders",
    "tf-keras",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "duckdb",
    "implicit",
)


def prepare_environment(environment: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """To be called before numpy is first imported: its linear algebra reads these variables as it is loaded.

    A kernel chosen by hand (OPENBLAS_CORETYPE) may be far slower than the one the library would choose, and would make
    the peers look slow. Processes that are started later inherit all of it.
    """
    environment.pop("OPENBLAS_CORETYPE", None)
    environment["OPENBLAS_NUM_THREADS"] = str(cores())
    environment["TF_USE_LEGACY_KERAS"] = "1"
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # without a GPU the lower levels only tell that there is none


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def facts() -> dict[str, Any]:
    """No names of hosts, people or folders: results are meant to be shown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": cores(),
        "memory_gib": round(memory / 2**30, 1),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
