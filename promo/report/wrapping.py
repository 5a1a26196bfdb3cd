"""Where does a line of Chinese, or of Chinese with figures, break?

Between any two Chinese characters, at spaces, but never inside a number or a Latin word and never
before a closing mark; rich breaks at spaces only, which leaves Chinese paragraphs ragged.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

_NOT_FIRST = "，。；：、！？）】》”’%)],.;:!?"
_NOT_LAST = "（【《“‘(["
_WORD = re.compile(
    rf"\([^()]{{1,8}}\)[{re.escape(_NOT_FIRST)}]*"
    rf"|[{re.escape(_NOT_LAST)}]*(?:[\x21-\x7e–·]+|\s+|[^\x00-\x7f])[{re.escape(_NOT_FIRST)}]*"
)


def wrapped(text: str, width: int, *, hanging: int = 0) -> list[str]:
    """Lines of at most `width` cells; every line but the first is indented by `hanging`.

    >>> wrapped("获补贴四千辆，其中一半", 12)
    ['获补贴四千', '辆，其中一半']
    >>> wrapped("about 4,012 cars", 11)
    ['about 4,012', 'cars']
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text, width - hanging):
        if line.strip() and cell_len(line) + cell_len(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = " " * hanging + piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


def longest_word(text: str) -> int:
    """The cells of the longest piece that is not broken.

    >>> longest_word("补贴支出(万元)"), longest_word("moved in time")
    (6, 5)
    """
    return max((cell_len(match.group().strip()) for match in _WORD.finditer(text)), default=0)


def _pieces(text: str, room: int) -> list[str]:
    """What must stay together; a piece longer than a line is cut."""
    pieces: list[str] = []
    for match in _WORD.finditer(text):
        piece = match.group()
        while cell_len(piece) > room:
            cut = max(1, room // 2 if cell_len(piece[:room]) > room else room)
            # An identifier is cut behind one of its hyphens, a path behind a stroke.
            cut = max(piece.rfind("-", 0, cut), piece.rfind("/", 0, cut)) + 1 or cut
            pieces.append(piece[:cut])
            piece = piece[cut:]
        pieces.append(piece)
    return pieces
