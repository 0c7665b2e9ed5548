"""Tables, computed sentences and verdict marks of the report, as MyST Markdown.

A table is a numbered MyST table made of plain pipe rows: it reads in a notebook, in HTML, in an
e-book and in print, and equals itself on every run.
"""

from computebook.tables.markdown import VERDICTS, Markdown, escape, protect_dollars, verdict
from computebook.tables.prose import sentence, takeaways
from computebook.tables.table import Table, table

__all__ = [
    "VERDICTS",
    "Markdown",
    "Table",
    "escape",
    "protect_dollars",
    "sentence",
    "table",
    "takeaways",
    "verdict",
]
