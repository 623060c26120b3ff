"""moto's state in this process: empty when a local AWS starts and when it has gone, and its logs in a file."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws


def install(aws: LocalAws) -> None:
    from moto.core.base_backend import BackendDict
    from moto.core.config import default_user_config

    _keep_logs_in_a_file(aws)
    BackendDict.reset()
    aws.on_stop(BackendDict.reset)
    _let_state_machines_run(aws, default_user_config)


def _keep_logs_in_a_file(aws: LocalAws) -> None:
    """moto and its interpreter say a lot, failed states included: that is for a file and not for the terminal."""
    folder = aws.root / "logs"
    shutil.rmtree(folder, ignore_errors=True)  # of earlier runs
    folder.mkdir(parents=True)
    handler = logging.FileHandler(folder / "moto.log", encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("moto", "samtranslator", "werkzeug"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        before, logger.propagate = logger.propagate, False

        def restore(logger: logging.Logger = logger, before: bool = before) -> None:
            logger.removeHandler(handler)
            logger.propagate = before

        aws.on_stop(restore)
    aws.on_stop(handler.close)


def _let_state_machines_run(aws: LocalAws, config: Any) -> None:
    before = config["stepfunctions"]
    config["stepfunctions"] = {"execute_state_machine": True}
    aws.on_stop(lambda: config.__setitem__("stepfunctions", before))
