"""The table of faults: at which state and attempt what goes wrong, and how that has to end. The rows by subject."""

from __future__ import annotations

from tests.chaos.rows_of_functions import FUNCTION_ROWS
from tests.chaos.rows_of_jobs import JOB_ROWS
from tests.chaos.rows_of_turns import TURN_ROWS

ROWS = [*JOB_ROWS, *FUNCTION_ROWS, *TURN_ROWS]
