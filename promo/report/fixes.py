"""What can be mended without asking: the plain form of what was clearly meant, never an amount.

Each finding that knows its mend carries it (`Diagnostic.fix`); here these are written into the
files, in place of what the finding underlines and nothing else, until none is left. A file in
GB18030 is written anew in UTF-8.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from promo.errors import Diagnostic
from promo.report.checkup import Checkup, check
from promo.textfile import page_of, plainly_gb18030, write_atomic

MOST_ROUNDS = 100
BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Mended:
    """What was mended, and what is left to do.

    Attributes
    ----------
    before, after : the text of each file that was changed, by its path
    transcoded : files that were GB18030
    """

    checkup: Checkup
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    transcoded: list[str] = field(default_factory=list)


def mend(paths: Sequence[str]) -> Mended:
    """Mend the files under `paths` and the files they link to, each whole or not at all."""
    mended = Mended(check(paths))
    changed = _mend_files(mended, mended.checkup.findings)
    for _ in range(MOST_ROUNDS):
        if not changed:
            break
        changed = _mend_files(mended, check(changed).findings)
    mended.checkup = check(paths) if mended.after else mended.checkup
    return mended


def _mend_files(mended: Mended, findings: Iterable[Diagnostic]) -> list[str]:
    """One round: the files that were changed."""
    by_file: dict[str, list[Diagnostic]] = {}
    for finding in findings:
        if finding.fix is not None or finding.code == "T003":
            by_file.setdefault(finding.file, []).append(finding)
    return [file for file, found in by_file.items() if _mend_file(mended, file, found)]


def _mend_file(mended: Mended, file: str, findings: Sequence[Diagnostic]) -> bool:
    target = Path(os.path.realpath(file))
    if not target.is_file():  # of a git revision, or gone
        return False
    content = target.read_bytes()
    if any(each.code == "T003" for each in findings):
        text = plainly_gb18030(content)
        if text is None:
            return False
        write_atomic(str(target), text.encode())
        mended.transcoded.append(file)
        mended.after[file] = mended.before[file] = text
        return True
    mark = BOM if content.startswith(BOM) else b""
    text = content.removeprefix(BOM).decode()
    better = fixed(file, text, findings)
    if better == text:
        return False
    write_atomic(str(target), mark + better.encode())
    mended.before.setdefault(file, text)
    mended.after[file] = better
    return True


def fixed(file: str, text: str, findings: Iterable[Diagnostic]) -> str:
    """The text with each mend in place of what its finding underlines.

    A finding whose line reads otherwise by now, or that overlaps another, waits for a later round.

    >>> found = Diagnostic("a.yaml", 1, 1, "K101", "", text="buget: 1", length=5, fix="budget")
    >>> fixed("a.yaml", "buget: 1", [found])
    'budget: 1'
    """
    page = page_of(file, text)
    end = len(text)
    for finding in sorted(findings, reverse=True):
        start = page.index(finding.line, finding.column)
        here = page.at(finding.line, finding.column).text == finding.text
        if finding.fix is None or not here or start + finding.length > end:
            continue
        text = text[:start] + finding.fix + text[start + finding.length :]
        end = start
    return text


def differences(mended: Mended) -> Iterator[str]:
    """What was done, as lines of a unified diff."""
    for file in mended.transcoded:
        yield f"{file}: GB18030 -> UTF-8"
    for file, after in mended.after.items():
        before = mended.before[file].splitlines()
        yield from difflib.unified_diff(before, after.splitlines(), file, file, lineterm="")
