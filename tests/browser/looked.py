"""What the tests ask a page for."""

from __future__ import annotations

OPEN_ALL = "document.querySelectorAll('details').forEach(one => one.open = true)"
# whether an element lies, in part, outside of another one
OUTSIDE = """const outside = (one, frame) => {
    const [inner, outer] = [one.getBoundingClientRect(), frame.getBoundingClientRect()];
    return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.top < outer.top - 1
        || inner.bottom > outer.bottom + 1; };
"""


def rows(page, table, columns):
    """Of each row of a table in the page its data-attribute and, per column, the numbers in it as they are."""
    cells = "row => [row.dataset.metric || row.dataset.rule, [...row.cells].map(cell => [cell.innerText.trim(), "
    cells += "[...cell.querySelectorAll('data')].map(one => Number(one.value))])]"
    found = page.run(f"[...document.querySelectorAll('{table} tbody tr')].map({cells})")
    return {name: [told[column] for column in columns] for name, told in found}
