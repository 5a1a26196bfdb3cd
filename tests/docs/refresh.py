"""Write what commands print into README.md and docs/, and the JSON schemas for editors.

    python tests/docs/refresh.py

A block stands between `<!-- made by: COMMAND -->` and `<!-- end -->`. COMMAND begins with `promo`
(what follows a bar only cuts what it prints), or is `table: NAME` for one of `TABLES`.
`test_docs.py` makes every block again, so a page cannot say what the program does not.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"<!-- made by: (?P<command>.+?) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)
SCHEMAS = {
    "campaign": ROOT / "campaigns" / "schema.json",
    "market": ROOT / "campaigns" / "market.schema.json",
    "manufacturer": ROOT / "campaigns" / "manufacturer.schema.json",
}
ROOMS = (
    "policy",
    "market",
    "demand",
    "simulation",
    "production",
    "design",
    "report",
    "cli",
    "textfile",
)


def environment(*, columns: int = 80) -> dict[str, str]:
    """An English terminal of a fixed width in which this environment's `promo` is found."""
    locale = ("LANG", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "PYTHONIOENCODING", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in locale}
    width = {"COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns)}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, **width, "PATH": path, "LANG": "C.UTF-8"}


def shell(line: str, folder: Path, given: str | None = None) -> str:
    """What a line prints; fails with its complaints where it fails."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(),
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{line}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr}")
    return done.stdout


@functools.cache
def printed(command: str) -> str:
    """What a command prints at the root of the checkout, once a process."""
    return shell(command, ROOT)


def made(command: str) -> str:
    """The block that a command makes."""
    if command.startswith("table: "):
        return TABLES[command.removeprefix("table: ")]() + "\n"
    program, _, rest = command.partition(" | ")
    text = printed(program)
    if rest:
        text = shell(rest, ROOT, given=text)
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    more = "\n..." if rest else ""
    return f"```console\n$ {program}\n{lines}{more}\n```\n"


def refreshed(page: str) -> str:
    """The page with every block made again."""

    def again(block: re.Match[str]) -> str:
        command = block["command"]
        return f"<!-- made by: {command} -->\n{made(command)}<!-- end -->"

    return BLOCK.sub(again, page)


# --- tables ----------------------------------------------------------------------------------


def rows_as_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in r) + " |" for r in lines
    )


def codes() -> str:
    from promo.errors import CODES, WARNINGS

    rows = ((c, "warning" if c in WARNINGS else "error", words) for c, words in CODES.items())
    return rows_as_table(["code", "", "what it says"], rows)


def facts() -> str:
    from promo.schema import FACTS

    return rows_as_table(
        ["fact", "type", "in words", "中文", "proved by", "one of"],
        (
            (
                f"`{fact.name}`",
                str(fact.type),
                fact.words.en,
                fact.words.zh,
                fact.document.en,
                ", ".join(fact.choices),
            )
            for fact in FACTS.values()
        ),
    )


def measures() -> str:
    from promo.schema import MEASURES

    rows = ((f"`{m.name}`", m.unit, m.basis, m.words.en, m.words.zh) for m in MEASURES.values())
    return rows_as_table(["measure", "unit", "basis", "in words", "中文"], rows)


def assumptions() -> str:
    from promo.demand.assumptions import BEHAVIOUR

    return rows_as_table(
        ["name", "value", "range", "unit", "status"],
        (
            (f"`{a.name}`", f"{a.value:g}", f"{a.low:g} to {a.high:g}", a.unit, a.status)
            for a in BEHAVIOUR
        ),
    )


def folders() -> str:
    """Each room of the package by the first line of its docstring, in the order to read them."""
    rooms = [path.parent.name for path in sorted((ROOT / "promo").glob("*/__init__.py"))]
    if sorted(ROOMS) != rooms:
        raise RuntimeError(f"rooms {rooms}: name them all in ROOMS, in the order to read them")
    rows = ((f"`promo/{room}/`", about(room)) for room in ROOMS)
    return rows_as_table(["folder", "what it answers"], rows)


def about(room: str) -> str:
    """The first line of the docstring of a room."""
    module = ast.parse((ROOT / "promo" / room / "__init__.py").read_text(encoding="utf-8"))
    return (ast.get_docstring(module) or "").split("\n\n")[0].replace("\n", " ")


def backtest() -> str:
    """How wrong each method of forecasting has been on the sales of the example."""
    from promo.study import load_study

    tested = load_study(str(ROOT / "campaigns" / "kaifeng" / "2022-q4.yaml")).baseline.backtest
    return rows_as_table(
        ["method", "months ahead", "tries", "mean error", "actual / forecast, 5 %", "95 %"],
        (
            (
                f"`{row['method']}`",
                str(row["horizon_months"]),
                str(row["origins"]),
                f"{row['mape']:.1%}",
                f"{row['error_p05']:.2f}",
                f"{row['error_p95']:.2f}",
            )
            for row in tested.to_dicts()
        ),
    )


SAMPLED = "promo simulate campaigns/kaifeng/2022-q4.yaml --json"


def sampling() -> str:
    """How much of each headline is noise of the draws, beside what the assumptions leave open."""
    names = (
        "spend",
        "subsidised_cars",
        "additional_cars_in_horizon",
        "built_in_window",
        "built_in_horizon",
    )
    result = {m["name"]: m for m in json.loads(printed(SAMPLED))["measures"] if not m["group"]}
    numbers = ("mean", "se", "p05", "p95")
    return rows_as_table(
        ["measure", "mean", "standard error of the mean", "5 %", "95 %"],
        ((f"`{n}`", *(f"{result[n][which]:,.0f}" for which in numbers)) for n in names),
    )


def limits() -> str:
    """What is printed with every appraisal, in the order of the method."""
    from promo.production import accounts, plants
    from promo.simulation import pool, worlds

    parts = (pool.EMPTY_POOL, *worlds.LIMITS, *plants.LIMITS, *accounts.LIMITS)
    return "\n".join(f"- {words.en}" for words in parts)


def programmes() -> str:
    """The real programmes: what each needs of the language, and what its file leaves open."""
    module = runpy.run_path(str(Path(__file__).with_name("programmes.py")))
    header = ["programme", "what it needs of the language", "declared open, or assumed"]
    return rows_as_table(header, module["rows"]())


CARS = runpy.run_path(str(ROOT / "tests" / "backtests" / "cars.py"))
"""The comparison with the American programme of 2009, one run for all its tables."""
ZHENGZHOU = runpy.run_path(str(ROOT / "tests" / "backtests" / "zhengzhou.py"))
"""The six voucher stocks of Zhengzhou, likewise."""
IZEV = runpy.run_path(str(ROOT / "tests" / "backtests" / "izev.py"))
"""The run on the money at the end of a programme like iZEV, likewise."""

TABLES: dict[str, Callable[[], str]] = {
    **CARS["TABLES"],
    **ZHENGZHOU["TABLES"],
    **IZEV["TABLES"],
    "codes": codes,
    "facts": facts,
    "measures": measures,
    "assumptions": assumptions,
    "folders": folders,
    "limits": limits,
    "backtest": backtest,
    "sampling": sampling,
    "programmes": programmes,
}


# --- all together ----------------------------------------------------------------------------


def schema(kind: str) -> str:
    """The JSON schema of a kind of file as `promo check --schema` prints it."""
    return printed(f"promo check --schema {kind}")


def write() -> None:
    """Write every page and schema that would change."""
    texts = {path: refreshed(path.read_text(encoding="utf-8")) for path in PAGES}
    texts |= {path: schema(kind) for kind, path in SCHEMAS.items()}
    for path, text in texts.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"written: {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    write()
