"""One evaluation as one self-contained HTML page, and several models side by side."""

from ._card import model_card as model_card
from ._columns import ColumnFacts as ColumnFacts
from ._compare_page import compare_html as compare_html
from ._compare_page import write_comparison as write_comparison
from ._explanation_page import explanation_html as explanation_html
from ._explanation_page import write_explanation as write_explanation
from ._members import MemberFacts as MemberFacts
from ._members import members_verdict as members_verdict
from ._page import html as html
from ._sheet import png as png
from ._sheet import svg as svg
from ._write import write as write
