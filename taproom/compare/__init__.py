"""The last versions of each model side by side: one page, a table on the terminal, or JSON.

spending.py     how long a version's model was trained, and what its run cost
comparison.py   the versions of a model as rows of numbers, and what changed from one to the next
charts.py       the numbers as figures, version by version
page.py         the page; templates/compare/ says how it looks
view.py         the table on a terminal
"""

from taproom.compare.comparison import Comparison, compare_versions
from taproom.compare.page import write_page

__all__ = ["Comparison", "compare_versions", "write_page"]
