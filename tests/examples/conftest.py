"""The functions' rules on the path, as Lambda has them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "functions"))
