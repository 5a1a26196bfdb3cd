"""What does a run leave behind, so that anyone can read it, repeat it and trust it?

Parquet and JSON for machines, a workbook and a page for people, and a record of what determined
the result: no time of day, no host, no path of this machine. All or nothing is written.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import rfc8785

from promo.appraisal import Appraisal
from promo.design.comparison import design_names
from promo.errors import OutputError
from promo.report import answer, charts, contract, document, tables
from promo.report.words import Language, chosen
from promo.schema import Json
from promo.textfile import place_folder, unfinished, write_file

RECORD_SCHEMA = "promo/record/1"


def appraisal_files(appraisal: Appraisal, language: Language) -> dict[str, bytes]:
    """Every file of a run, by its name in the folder."""
    made = tables.all_tables(appraisal, language)
    title = chosen(appraisal.title, language)
    paragraphs = [answer.paragraph(appraisal, language), answer.standing_line(appraisal, language)]
    titles = {table.name: table.title for table in made}
    pictures = {
        "spend_path": charts.spend_path(appraisal.spend_path, titles.get("spend_path", "")),
        "monthly_sales": charts.monthly_sales(
            appraisal.monthly_sales, titles.get("monthly_sales", "")
        ),
    }
    page = document.page(title, paragraphs, made, language, pictures)
    return {
        "result.json": _json(contract.appraisal_object(appraisal, language)),
        "result.xlsx": document.workbook(title, paragraphs, made, language),
        "report.html": page.encode(),
        "record.json": rfc8785.dumps(record(appraisal)),
        **parquet_files(appraisal),
    }


def comparison_files(
    appraisals: Sequence[Appraisal], differences: pl.DataFrame, language: Language
) -> dict[str, bytes]:
    """Every file of a comparison: the differences, and each design in its own folder."""
    every = [
        tables.remarks("warnings", answer.all_warnings(appraisals), language),
        tables.differences(differences, appraisals, language),
        tables.designs(appraisals, language),
        tables.remarks("limits", appraisals[0].limits, language),
    ]
    made = [table for table in every if table.frame.height]
    names = design_names(appraisals)
    title = " / ".join(names)
    paragraphs = [
        text
        for name, appraisal in zip(names, appraisals, strict=True)
        for text in (
            f"{name}: {answer.paragraph(appraisal, language)}",
            answer.standing_line(appraisal, language),
        )
    ]
    content = contract.comparison_object(appraisals, differences, language)
    records = [record(appraisal) for appraisal in appraisals]
    files = {
        "result.json": _json(content),
        "result.xlsx": document.workbook(title, paragraphs, made, language),
        "report.html": document.page(title, paragraphs, made, language, {}).encode(),
        "record.json": rfc8785.dumps({"schema": RECORD_SCHEMA, "designs": records}),
        "tables/differences.parquet": _parquet(differences),
    }
    for place, appraisal in enumerate(appraisals, start=1):
        inside = appraisal_files(appraisal, language).items()
        files |= {f"design-{place}/{name}": written for name, written in inside}
    return files


def parquet_files(appraisal: Appraisal) -> dict[str, bytes]:
    """The numbers as they are, unrounded, one file a table."""
    frames = {
        "draws": appraisal.draws,
        "spend_path": appraisal.spend_path,
        "exhaustion": appraisal.exhaustion,
        "monthly_sales": appraisal.monthly_sales,
        "vehicles": appraisal.vehicles,
        "identity": appraisal.identity,
        "plants": appraisal.plants,
        "accounts": appraisal.accounts,
        "sensitivity": appraisal.sensitivity,
        "additionality": appraisal.additionality,
        "beside_published": appraisal.beside_published,
        "backtest": appraisal.backtest,
    }
    frames |= appraisal.told_of_plants
    return {f"tables/{name}.parquet": _parquet(frame) for name, frame in frames.items()}


def _parquet(frame: pl.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def record(appraisal: Appraisal) -> Json:
    """What determined the result, and a hash over exactly that."""
    provenance = contract.provenance_object(appraisal.provenance)
    parameters = {
        assumption.name: [float(assumption.value), float(assumption.low), float(assumption.high)]
        for assumption in appraisal.assumptions
    }
    determining = {
        "inputs": sorted(appraisal.provenance.inputs.values()),
        "seed": appraisal.provenance.seed,
        "draws": appraisal.provenance.draws,
        "versions": provenance["versions"],
        "parameters": parameters,
    }
    return {
        "schema": RECORD_SCHEMA,
        "campaign": appraisal.campaign_id,
        "provenance": provenance,
        "parameters": parameters,
        "sha256": hashlib.sha256(rfc8785.dumps(determining)).hexdigest(),
    }


def _json(content: Json) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def refuse_existing(folder: str) -> None:
    """Raise before the work starts, not after, where the folder already holds something."""
    path = Path(folder)
    if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        raise OutputError(
            f"{folder} exists and is not an empty folder; nothing was written",
            help="name a new folder with --out",
        )
    above = next(each for each in path.absolute().parents if each.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise OutputError(
            f"{folder} cannot be made in {above}; nothing was written",
            help="name a new folder with --out",
        )


def write(folder: str, files: Mapping[str, bytes]) -> None:
    """Write all files or none: beside the folder first, then renamed into place."""
    refuse_existing(folder)
    target = Path(os.path.abspath(folder))  # noqa: PTH100 - '..' and '.' by their letters
    try:
        with unfinished(target, folder=True) as temporary:
            for name, content in files.items():
                write_file(temporary / name, content)
            place_folder(temporary, target)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror or error}; nothing was left behind"
        ) from error
