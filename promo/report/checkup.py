"""Which files under these paths belong to a campaign, and what is wrong with them?

A file's kind is told by its top-level keys, so that a file with a broken line is still checked
as what it means to be; where the keys do not decide, the folder does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from promo.errors import Diagnostic
from promo.report.remembered import Memory, Result

if TYPE_CHECKING:
    import polars as pl

    from promo.textfile import KeyPath, Loaded
    from promo.textfile.places import M


class Kind(StrEnum):
    """What a file describes."""

    CAMPAIGN = "campaign"
    MARKET = "market"
    MANUFACTURER = "manufacturer"
    SALES_MAP = "sales map"


_CAMPAIGN_KEYS = (
    "extends windows eligibility benefits combine money limits examples issuers market"
)
_CAMPAIGN_KEYS += " amendments holding excludes identity"
_MARKET_KEYS = "sales buyers outside without plate_quota horizon_months"
_MANUFACTURER_KEYS = (
    "lines base_load_per_month stock planning accounts staff suppliers scenarios measures"
)
_SALES_MAP_KEYS = "columns constants filter price_unit header_line duplicates"
KEYS: dict[Kind, frozenset[str]] = {
    kind: frozenset(words.split())
    for kind, words in (
        (Kind.CAMPAIGN, _CAMPAIGN_KEYS),
        (Kind.MARKET, _MARKET_KEYS),
        (Kind.MANUFACTURER, _MANUFACTURER_KEYS),
        (Kind.SALES_MAP, _SALES_MAP_KEYS),
    )
}
FOLDERS = {"manufacturers": Kind.MANUFACTURER, "policies": Kind.CAMPAIGN}
ENDINGS = (".yaml", ".yml")
FORGETFUL = Memory(None)
_TOP_LEVEL_KEY = re.compile(rb"^([A-Za-z_]+)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checkup:
    """The findings in a set of files, in order of file and place.

    Attributes
    ----------
    files : how many files were checked
    examples : how many worked examples hold
    skipped : files about something else
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
        content = _beginning(path)
    except OSError:  # what cannot be read is a finding, whatever it is
        return FOLDERS.get(path.parent.name, Kind.CAMPAIGN)
    if content is None:
        return None
    present = {key.decode() for key in _TOP_LEVEL_KEY.findall(content.replace(b"\r", b"\n"))}
    hits = {kind: len(present & keys) for kind, keys in KEYS.items()}
    most = max(hits.values())
    leaders = [kind for kind, count in hits.items() if count == most]
    by_folder = FOLDERS.get(path.parent.name)
    if most == 0 or (len(leaders) > 1 and by_folder in leaders):
        return by_folder
    return leaders[0]


def _beginning(path: Path) -> bytes | None:
    """What a file of the disk or of a git revision holds; None for a device, which has no end."""
    if path.is_file():
        with path.open("rb") as stream:
            return stream.read(1 << 20)
    if ":" not in str(path):
        return None
    from promo.textfile import Finding, read_bytes

    try:
        return read_bytes(str(path))
    except Finding:
        return None


def _real(path: Path) -> str:
    """One name for one file, whatever leads to it; a loop of links keeps its own."""
    return os.path.realpath(path)


def candidates(paths: Iterable[str]) -> Iterator[tuple[Path, Kind | None]]:
    """Every file named, and every YAML file under a folder named, with its kind, each once."""
    seen: set[str] = set()
    for name in paths:
        path = Path(name)
        inside = _files_under(path)
        for file in (path,) if inside is None else inside:
            if _real(file) in seen:
                continue
            seen.add(_real(file))
            kind = kind_of(file)
            # A file named by the analyst is meant to be checked, whatever it holds.
            yield file, Kind.CAMPAIGN if kind is None and inside is None else kind


def _files_under(folder: Path) -> list[Path] | None:
    """The YAML files under a folder of the disk or of a git revision; None for a file."""
    if os.access(folder, os.R_OK | os.X_OK) and folder.is_dir():  # an endless name is none
        inside = folder.rglob("*")
    elif ":" in str(folder):
        from promo.textfile import folder_of_revision

        names = folder_of_revision(str(folder))
        if names is None:
            return None
        inside = (Path(name) for name in names)
    else:
        return None
    return sorted(
        file
        for file in inside
        if file.suffix.lower() in ENDINGS
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def check(paths: Sequence[str], memory: Memory = FORGETFUL) -> Checkup:
    """All findings in the files under `paths`, and in the files they link to, each file once.

    What `memory` holds of a file is not found again.
    """
    waiting = list(candidates(paths))
    seen = {_real(path) for path, _ in waiting}
    results: list[Result] = []
    skipped = []
    while waiting:
        path, kind = waiting.pop(0)
        if kind is None:
            skipped.append(str(path))
            continue
        result = memory.recall(str(path), kind) or _found(path, kind, memory)
        results.append(result)
        for name, linked_kind in result.links:
            linked = Path(name)
            if _real(linked) not in seen:
                seen.add(_real(linked))
                waiting.append((linked, Kind(linked_kind)))
    every = [finding for result in results for finding in result.findings]
    # A fault that a base has by itself is the base's, whoever extends it.
    found = {finding: finding for finding in sorted(every, key=lambda each: not each.within)}
    examples = sum(result.examples for result in results)
    return Checkup(tuple(sorted(found.values())), len(results), examples, tuple(skipped))


def _found(path: Path, kind: Kind, memory: Memory) -> Result:
    """What is wrong in one file, found and remembered."""
    from promo.textfile import watching

    with watching() as seen:
        result = _CHECKS[kind](str(path))
    memory.keep(str(path), kind, result, seen)
    return result


def _campaign(path: str) -> Result:
    from promo.policy.campaign import load_campaign
    from promo.policy.checking import check_campaign

    loaded = load_campaign(path)
    campaign = loaded.value
    if campaign is None:
        return Result(loaded.diagnostics)
    plants = [(("manufacturers", n), name) for n, name in enumerate(campaign.manufacturers)]
    market = [(("market",), campaign.market)] if campaign.market is not None else []
    links = [
        *_existing(loaded, plants, Kind.MANUFACTURER),
        *_existing(loaded, market, Kind.MARKET),
    ]
    places = _places(file for file, kind in links if kind is Kind.MANUFACTURER)
    catalogue = _catalogue(file for file, kind in links if kind is Kind.MARKET and places)
    found = check_campaign(loaded, local_places=places, catalogue=catalogue)
    findings = (*loaded.diagnostics, *found)
    failed = {f.line for f in findings if f.code == "E601"}
    untried = any(f.severity == "error" and f.code != "E601" for f in findings)
    holding = 0 if untried else max(0, len(campaign.examples.cases) - len(failed))
    return Result(findings, holding, tuple(links))


def _places(plants: Iterable[str]) -> frozenset[str]:
    """Places of the listed plants, for the review of fair competition."""
    from promo.production.manufacturer import load_manufacturer

    values = (load_manufacturer(file).value for file in plants)
    return frozenset(plant.place for plant in values if plant)


def _catalogue(markets: Iterable[str]) -> pl.DataFrame | None:
    """The vehicles on sale in the market, for the same review."""
    from promo.market.market import Market
    from promo.market.opening import on_sale
    from promo.textfile import load

    for file in markets:  # what its links lack is a finding of its own check
        value = load(file, Market).value
        return None if value is None else on_sale(value, file)
    return None


def _market(path: str) -> Result:
    from promo.demand.overrides import override_findings
    from promo.market.market import load_market

    loaded = load_market(path)
    market = loaded.value
    if market is None:
        return Result(loaded.diagnostics)
    imported = market.sales.imported
    policies = [(("without", n, "policy"), each.policy) for n, each in enumerate(market.without)]
    maps = [(("sales", "imported", "map"), imported.map)] if imported is not None else []
    links = (
        *_existing(loaded, policies, Kind.CAMPAIGN),
        *_existing(loaded, maps, Kind.SALES_MAP),
    )
    found = override_findings(loaded, market.behaviour)
    return Result((*loaded.diagnostics, *found), 0, links)


def _manufacturer(path: str) -> Result:
    from promo.production.manufacturer import load_manufacturer

    return Result(load_manufacturer(path).diagnostics)


def _sales_map(path: str) -> Result:
    from promo.market.columns import load_sales_map

    return Result(load_sales_map(path).diagnostics)


def _existing(
    loaded: Loaded[M], links: Sequence[tuple[KeyPath, str]], kind: Kind
) -> Iterator[tuple[str, Kind]]:
    """The files that a file names and that are there; the others are findings of that file."""
    from promo.textfile import Finding

    for keypath, relative in links:
        try:
            yield loaded.linked(keypath, relative), kind
        except (Finding, OSError, ValueError):
            continue


_CHECKS = {
    Kind.CAMPAIGN: _campaign,
    Kind.MARKET: _market,
    Kind.MANUFACTURER: _manufacturer,
    Kind.SALES_MAP: _sales_map,
}
