"""What is wrong, where exactly, and what to type instead: findings as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from promo.errors import Diagnostic

# Control characters in a faulty file must not steer the terminal that shows it.
_UNSAFE = dict.fromkeys(
    [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd"
)

FINDINGS_SCHEMA = "promo/findings/1"


def located(finding: Diagnostic) -> str:
    """The line that editors and people can follow: `file:line:column: CODE message`."""
    note = "warning: " if finding.severity == "warning" else ""
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return f"{place}: {finding.code} {note}{finding.message}".translate(_UNSAFE)


def underlined(finding: Diagnostic, *, width: int) -> list[str]:
    """The line of the file and a caret under the fault, aligned on the screen.

    Columns count characters; on the screen a Chinese character is two cells wide, so both the
    indent and the length of the caret are counted in cells. A long line is shown around its fault.

    >>> finding = Diagnostic("a.yaml", 3, 4, "Y001", "", text="预算 10", length=2)
    >>> underlined(finding, width=60)
    ['  3 | 预算 10', '    |      ^^']
    """
    gutter = f"  {finding.line} | "
    text = finding.text.rstrip("\r\n").replace("\t", " ").translate(_UNSAFE)
    if not text.strip():
        return []
    text, column = _shortened(text, finding.column, width - len(gutter))
    indent = " " * cell_len(text[: column - 1])
    faulty = text[column - 1 : column - 1 + max(1, finding.length)]
    room = max(1, width - len(gutter) - len(indent))
    caret = "^" * min(room, max(1, cell_len(faulty)))
    blank = " " * (len(gutter) - 2) + "| "
    return [gutter + text, blank + indent + caret]


def _shortened(text: str, column: int, room: int) -> tuple[str, int]:
    """The part of a long line around its column, and the column within that part."""
    if cell_len(text) <= room:
        return text, column
    start = 0
    while cell_len(text[start : column - 1]) > room // 2:
        start += 1
    kept = text[start:]
    lead = "..." if start else ""
    while cell_len(lead + kept) > room - 3:
        kept = kept[:-1]
    return f"{lead}{kept}...", column - start + len(lead)


def as_text(finding: Diagnostic, *, width: int) -> str:
    """One finding as a person reads it."""
    lines = [located(finding), *underlined(finding, width=width)]
    if finding.help:
        lines.append(f"  help: {finding.help}".translate(_UNSAFE))
    return "\n".join(lines)


def as_json(findings: Sequence[Diagnostic], *, files: int, examples: int) -> dict[str, object]:
    """The public object of `promo check --json`."""
    return {
        "schema": FINDINGS_SCHEMA,
        "files": files,
        "examples": examples,
        "findings": [
            {
                "file": finding.file,
                "line": finding.line,
                "column": finding.column,
                "code": finding.code,
                "severity": finding.severity,
                "message": finding.message,
                "help": finding.help,
            }
            for finding in findings
        ],
    }


def summary(*, findings: int, files: int, examples: int, language: str) -> str:
    """The last line of a check: how much was looked at and what came of it.

    >>> summary(findings=0, files=4, examples=12, language="en")
    '0 findings in 4 files, 12 examples hold'
    """
    if language == "zh":
        return f"{files} 个文件，{findings} 个问题，{examples} 个示例成立"
    return (
        f"{_counted(findings, 'finding')} in {_counted(files, 'file')}, "
        f"{_counted(examples, 'example')} {'holds' if examples == 1 else 'hold'}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
