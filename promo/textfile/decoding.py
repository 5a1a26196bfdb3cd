"""Which text do the bytes of a file hold?"""

from __future__ import annotations

import re

from promo.errors import Diagnostic

MAX_BYTES = 1 << 20
MOSTLY = 0.9
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_BINARY = (b"\x89PNG", b"PK\x03\x04", b"%PDF", b"PAR1", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")


class Finding(Exception):  # noqa: N818 - not an error of the program: a fault of the file
    """One fault that ends the reading of a file."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def decode(content: bytes) -> tuple[str, str] | None:
    """The text and the name of its encoding: strict UTF-8 (a BOM is dropped), else GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return None


def plainly_gb18030(content: bytes) -> str | None:
    """The text of bytes that are GB18030 beyond doubt: nearly all its signs are common ones."""
    found = decode(content)
    if found is None or found[1] != "gb18030" or found[0].encode("gb18030") != content:
        return None
    foreign = [letter for letter in found[0] if not letter.isascii()]
    common = sum(_in_gb2312(letter) for letter in foreign)
    return found[0] if common >= MOSTLY * len(foreign) else None


def _in_gb2312(letter: str) -> bool:
    try:
        return bool(letter.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def text_of(path: str, content: bytes) -> str:
    """The text of a UTF-8 file; everything else is a finding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        help = "save it as UTF-8: in Excel or Notepad choose the encoding 'UTF-8'"
        raise whole_file(path, "T003", "the text is UTF-16, not UTF-8", help)
    if b"\x00" in content or content.startswith(_BINARY):
        raise whole_file(path, "T004", "this is not a text file")
    help = "save it as UTF-8: in Notepad choose 'Save as', encoding 'UTF-8'"
    found = decode(content)
    if found is None:
        raise whole_file(path, "T003", "the text is not UTF-8, nor GB18030", help)
    text, encoding = found
    if encoding != "utf-8":
        raise whole_file(path, "T003", "the text is not UTF-8; it reads as GB18030 (GBK)", help)
    if not text.strip():
        raise whole_file(path, "T005", "the file is empty", "copy an example with 'promo init'")
    return text


def whole_file(path: str, code: str, message: str, help: str = "") -> Finding:
    return Finding(Diagnostic(path, 1, 1, code, message, help))
