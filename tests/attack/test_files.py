"""Files that are broken, endless or strange end in findings, soon."""

import time

from promo.errors import Diagnostic
from promo.report import findings


def test_a_line_as_long_as_a_file_is_cut_at_once() -> None:
    text = "a" * 500_000 + "FAULT" + "b" * 500_000
    finding = Diagnostic("c.yaml", 1, 500_001, "C301", "", text=text, length=5)
    started = time.monotonic()
    shown, caret = findings.underlined(finding, width=60)
    assert time.monotonic() - started < 2.0
    assert max(len(shown), len(caret)) <= 60
    assert shown[caret.index("^") : caret.index("^") + 5] == "FAULT"
