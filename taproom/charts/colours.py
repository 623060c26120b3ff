"""The colours of every picture, by what they mean.

Draw with those of LIGHT: ``themed`` finds them again and lets each follow the reader's screen. Each pair of writing and
what it is written on has a contrast of at least 4.5 (a test holds it), and no meaning is told by a colour alone.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#fdfcf9",  # behind everything
    "panel": "#f4f1ea",  # frames on the paper
    "box": "#fffefd",  # boxes on paper and panel
    "ink": "#1c1b19",  # writing
    "soft": "#5f5b52",  # writing that is less important, and what happened by default
    "line": "#d9d5cc",  # rules and grids
    "edge": "#8a857a",  # arrows and outlines
    "good": "#14713d",
    "bad": "#b3261e",
    "warn": "#8a5300",
    "busy": "#1a5fb4",
    "saved": "#6b3fa0",  # what did not have to be done again
    "good-box": "#e3f3e8",
    "bad-box": "#fbe6e4",
    "warn-box": "#faeed6",
    "busy-box": "#e3eefb",
    "saved-box": "#eee6f8",
}
DARK = {
    "paper": "#191817",
    "panel": "#232120",
    "box": "#2c2a28",
    "ink": "#ece8df",
    "soft": "#aaa598",
    "line": "#45423c",
    "edge": "#857f74",
    "good": "#6fcf97",
    "bad": "#ff8a80",
    "warn": "#f2b84b",
    "busy": "#8ab8f5",
    "saved": "#c7a6f2",
    "good-box": "#1d3527",
    "bad-box": "#43211f",
    "warn-box": "#3d301a",
    "busy-box": "#1f2f45",
    "saved-box": "#332843",
}
# One for each of several series side by side (models, runs, slices), in this order.
SERIES = ("busy", "warn", "saved", "good", "bad")
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
