"""Which files under these paths belong to a campaign, and what is wrong with them?

A file's kind is told by its top-level keys, so that a file with a broken line is still checked
as what it means to be; where the keys do not decide, the folder does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from promo.errors import Diagnostic, InputError


class Kind(StrEnum):
    """What a file describes."""

    CAMPAIGN = "campaign"
    MARKET = "market"
    MANUFACTURER = "manufacturer"


KEYS: dict[Kind, frozenset[str]] = {
    Kind.CAMPAIGN: frozenset(
        [
            "windows",
            "eligibility",
            "benefits",
            "combine",
            "money",
            "limits",
            "examples",
            "issuers",
            "market",
        ]
    ),
    Kind.MARKET: frozenset(
        ["sales", "buyers", "outside", "without", "plate_quota", "horizon_months"]
    ),
    Kind.MANUFACTURER: frozenset(
        ["lines", "base_load_per_month", "stock", "planning", "accounts", "staff"]
    ),
}
FOLDERS = {"manufacturers": Kind.MANUFACTURER, "policies": Kind.CAMPAIGN}
ENDINGS = (".yaml", ".yml")
_TOP_LEVEL_KEY = re.compile(rb"^([A-Za-z_]+)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checkup:
    """The findings in a set of files, in order of file and place.

    Attributes
    ----------
    files : how many files were checked
    examples : how many worked examples hold
    skipped : files that are neither campaign, market nor manufacturer
    """

    findings: tuple[Diagnostic, ...]
    files: int
    examples: int
    skipped: tuple[str, ...]

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)


def kind_of(path: Path) -> Kind | None:
    """What a file describes, or None if it is about something else."""
    try:
        content = path.read_bytes()[: 1 << 20]
    except OSError:
        return None
    present = {key.decode() for key in _TOP_LEVEL_KEY.findall(content)}
    hits = {kind: len(present & keys) for kind, keys in KEYS.items()}
    most = max(hits.values())
    leaders = [kind for kind, count in hits.items() if count == most]
    by_folder = FOLDERS.get(path.parent.name)
    if most == 0 or (len(leaders) > 1 and by_folder in leaders):
        return by_folder
    return leaders[0]


def candidates(paths: Iterable[str]) -> Iterator[tuple[Path, Kind | None]]:
    """Every file named, and every YAML file under a folder named, with its kind, each once."""
    seen: set[Path] = set()
    for name in paths:
        path = Path(name)
        for file in _files_under(path) if path.is_dir() else (path,):
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            kind = kind_of(file)
            # A file named by the analyst is meant to be checked, whatever it holds.
            yield file, kind if kind or path.is_dir() else Kind.CAMPAIGN


def _files_under(folder: Path) -> list[Path]:
    inside = (file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)
    return sorted(
        file
        for file in inside
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def check(paths: Sequence[str]) -> Checkup:
    """All findings in the files under `paths`, and in what they link to."""
    found: set[Diagnostic] = set()
    examples = files = 0
    skipped = []
    for path, kind in candidates(paths):
        if kind is None:
            skipped.append(str(path))
            continue
        diagnostics, holding = _CHECKS[kind](str(path))
        found.update(diagnostics)
        examples += holding
        files += 1
    return Checkup(tuple(sorted(found)), files, examples, tuple(skipped))


def _campaign(path: str) -> tuple[list[Diagnostic], int]:
    from promo.policy.campaign import load_campaign
    from promo.policy.checking import check_campaign

    loaded = load_campaign(path)
    findings = [*loaded.diagnostics]
    if loaded.value is None:
        return findings, 0
    findings += check_campaign(loaded)
    failed = sum(finding.code == "E601" for finding in findings)
    examples = loaded.value.examples
    count = len(examples.cases) if examples else 0
    if loaded.value.market:
        findings += _linked(path)
    return findings, max(0, count - failed)


def _linked(path: str) -> tuple[Diagnostic, ...]:
    """What is wrong in the market, the enterprises and the tables that a campaign links to."""
    from promo.appraisal import load_study

    return _raised(lambda: load_study(path))


def _market(path: str) -> tuple[list[Diagnostic], int]:
    from promo.market.market import load_market
    from promo.market.opening import open_market

    loaded = load_market(path)
    findings = [*loaded.diagnostics]
    market = loaded.value
    if market is not None and not findings:
        findings += _raised(lambda: open_market(market, path))
    return findings, 0


def _manufacturer(path: str) -> tuple[list[Diagnostic], int]:
    from promo.production.manufacturer import load_manufacturer

    return [*load_manufacturer(path).diagnostics], 0


def _raised(action: Callable[[], object]) -> tuple[Diagnostic, ...]:
    try:
        action()
    except InputError as error:
        return error.diagnostics
    return ()


_CHECKS = {
    Kind.CAMPAIGN: _campaign,
    Kind.MARKET: _market,
    Kind.MANUFACTURER: _manufacturer,
}
