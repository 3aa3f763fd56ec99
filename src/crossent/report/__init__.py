"""One evaluation as one self-contained HTML page."""

from ._columns import ColumnFacts as ColumnFacts
from ._page import html as html
from ._write import write as write
