"""What went wrong, where, and what should the analyst type instead?

The error family of the program, the diagnostic with its place, and the one place where hints are
composed. `CODES` is the public list: a code never changes its meaning.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]

CODES: dict[str, str] = {
    # the file as such
    "T001": "file not found or not readable",
    "T002": "file larger than 1 MiB",
    "T003": "text is not UTF-8",
    "T004": "binary content",
    "T005": "empty file",
    # YAML
    "Y001": "YAML syntax",
    "Y002": "anchor or alias",
    "Y003": "tag",
    "Y004": "second document",
    "Y005": "nested deeper than 32",
    "Y006": "duplicate key",
    "Y007": "key is not a plain word",
    # keys
    "K101": "unknown key",
    "K102": "missing key",
    "K103": "wrong kind of entry (a list, a mapping or a plain value was expected)",
    # values
    "V201": "value of the wrong type",
    "V202": "date or time that does not exist",
    "V203": "rate outside 0 to 100 %",
    "V204": "end before start",
    "V205": "number too large",
    "V206": "not one of the allowed words",
    "V207": "unit slip",
    "V208": "full-width character",
    "V209": "range does not hold its value",
    "V210": "badly formed identifier",
    "V211": "number outside what is possible here",
    # conditions
    "C301": "condition cannot be read",
    "C302": "not allowed in a condition",
    "C303": "unknown fact",
    "C304": "types do not agree",
    "C305": "condition too long, too deep or with too many items",
    # rules
    "R401": "contradiction",
    "R402": "benefit that no one gets",
    "R403": "condition that refuses no one",
    "R404": "bands overlap or are out of order",
    "R405": "bands leave a gap",
    "R406": "reference to something not declared",
    "R407": "benefit that is never combined",
    "R408": "pot that nothing draws on",
    "R409": "order_by later than commit_on",
    "R410": "identifier declared twice",
    "R411": "benefit without a pot",
    "R412": "shares do not add up to 100 %",
    "R413": "the same output counted twice",
    "R414": "multiplier of a nation used for a city",
    "R415": "capacity below the base load",
    "R416": "exclusive benefits that one purchase can get together",
    "R417": "two variants set one key differently",
    "R418": "fact that no rule reads",
    "R419": "benefit condition that every eligible purchase fulfils",
    "R420": "policy not declared that a simulation needs",
    "R421": "pots or amendments out of order",
    "R422": "amendment that changes nothing",
    "R423": "list that names nobody on some day",
    "R424": "voucher for an amount without fixed faces",
    "R425": "scenario or stability measure that changes nothing",
    "R426": "line for a model that is not sold",
    # examples
    "E601": "example does not hold",
    "E602": "the ordinary case is not approved",
    # sources and fairness
    "S701": "published amount without a source",
    "S702": "only cars of local plants pass",
    "S703": "policy not declared",
    # against published responses
    "G751": "people respond as nobody was ever seen to",
    "G752": "result larger than any published response explains",
    # linked files
    "P801": "linked file not found",
    "P802": "path leaves the folder of campaigns",
    "P803": "sales not imported yet",
    "P804": "a file that extends itself",
    # tables
    "D901": "column missing",
    "D902": "value of the wrong type",
    "D903": "row out of range",
}
WARNINGS = frozenset(
    {
        "R403",
        "R408",
        "R415",
        "R418",
        "R419",
        "R422",
        "R423",
        "R425",
        "R426",
        "S701",
        "S702",
        "S703",
        "P803",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One finding: its place (line and column count from 1, in characters), code and help.

    `text` is the line as it stands in the file and `length` the number of characters the caret
    underlines; both are empty where the finding concerns a whole file. `fix` may stand in place of
    what is underlined without changing what the writer meant; never an amount. `within` names the
    file that was read, where that extends the one with the fault.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    help: str = ""
    text: str = ""
    length: int = 1
    fix: str | None = field(default=None, compare=False)
    within: str = field(default="", compare=False)

    @property
    def severity(self) -> Severity:
        """A warning informs; an error stops every command that would use the file."""
        return "warning" if self.code in WARNINGS else "error"


class PromoError(Exception):
    """Anything that an analyst can cause and mend."""

    exit_code = 1

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class InputError(PromoError):
    """The files hold errors; all of them, in order of file and place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics))
        first = self.diagnostics[0]
        super().__init__(f"{first.file}:{first.line}:{first.column}: {first.code} {first.message}")


class OutputError(PromoError):
    """The result could not be written; nothing half-written was left behind."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Which known name did the writer mean?

    >>> nearest("buget", ["budget", "pots"])
    'budget'
    """
    found = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The help line for a misspelt name: the nearest one, or else all of them."""
    known = sorted(candidates)
    close = nearest(name, known)
    if close is not None:
        return f"did you mean '{close}'?"
    return "known: " + ", ".join(known) if known else ""
