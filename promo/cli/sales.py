"""The commands that bring in sales: real ones by a column map, synthetic ones by a seed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from promo.cli import chinese, screen
from promo.cli.screen import LanguageOption, say
from promo.errors import OutputError

_ENDINGS = {".csv", ".parquet"}


class Made(StrEnum):
    """What can be generated."""

    SALES = "sales"
    INVOICES = "invoices"


Source = Annotated[
    str,
    typer.Argument(metavar="FILE", help=say("CSV、Excel 或 Parquet", "CSV, Excel or Parquet.")),
]
Map = Annotated[
    str | None,
    typer.Option("--map", metavar="MAP", help=say("列映射文件(YAML)", "The column map (YAML).")),
]
ImportOut = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help=say("写入的新文件", "The new file: sales (Parquet), or without --map the map."),
    ),
]
What = Annotated[Made, typer.Argument(help=say("生成什么", "What to make."))]
Market = Annotated[
    str, typer.Argument(metavar="MARKET", help=say("市场文件", "The market's file."))
]
NewFile = Annotated[
    str,
    typer.Option("--out", metavar="FILE", help=say("新文件(.csv/.parquet)", ".csv or .parquet.")),
]
Rows = Annotated[
    int, typer.Option(min=1, max=50_000_000, help=say("发票张数", "How many invoices."))
]
Seed = Annotated[int, typer.Option(min=0, help=say("随机种子", "Seed: same seed, same file."))]


def import_sales(
    file: Source, mapped_by: Map = None, out: ImportOut = None, language: LanguageOption = None
) -> None:
    """Bring in real sales or invoices by a column map; without a map, propose one.

    Example: promo import sales.csv --map sales-map.yaml --out data/sales.parquet
    """
    if out is not None:
        _refuse_existing(out)
    if mapped_by is None:
        _propose(file, out, screen.chosen(language))
        return
    from promo.market import sales
    from promo.market.columns import load_sales_map
    from promo.report import imports

    target = out or f"{Path(file).stem}.sales.parquet"
    _refuse_existing(target)
    reader = screen.chosen(language)
    made = sales.import_sales(file, load_sales_map(mapped_by), out=target)
    screen.out(imports.quality_text(made, reader, width=screen.width(), plain=screen.plain()))
    screen.talk(f"已写入 {target}" if reader == "zh" else f"written: {target}")
    if made.rejected is not None:
        words = "被拒绝的行及原因：" if reader == "zh" else "refused rows and why: "
        screen.talk(words + made.rejected)


def _propose(file: str, out: str | None, language: screen.Language) -> None:
    """Print a map that is ready to be saved; what is talk goes to stderr."""
    from promo import textfile
    from promo.market.proposal import propose_map
    from promo.report import imports

    proposed = propose_map(file)
    if out is None:
        screen.out(proposed.rstrip("\n"))
    else:
        textfile.write_atomic(out, proposed.encode())
    size, plain = screen.width(), screen.plain()
    screen.talk(imports.understood_text(file, proposed, language, width=size, plain=plain))
    name = out or "map.yaml"
    command = f"promo import {file} --map {name}"
    if language == "zh":
        save = "" if out else "先用 --out map.yaml 保存，"
        screen.talk(f"{save}核对后导入：{command}")
    else:
        save = "" if out else "save it with --out map.yaml, "
        screen.talk(f"{save}check it, then: {command}")


def generate(
    what: What, market: Market, *, out: NewFile, rows: Rows = 10_000, seed: Seed = 1
) -> None:
    """Make the synthetic sales of a market, or invoices of its last year, to try `import` on.

    Example: promo generate invoices campaigns/kaifeng/market.yaml --rows 1000 --out invoices.csv
    """
    from promo.report import generated

    if Path(out).suffix.lower() not in _ENDINGS:
        raise typer.BadParameter(
            say(f"{out} 应以 .csv 或 .parquet 结尾", f"{out} must end in .csv or .parquet")
        )
    _refuse_existing(out)
    if what is Made.SALES:
        count = generated.write_sales(market, out)
    else:
        count = generated.write_invoices(market, out, rows=rows, seed=seed)
    screen.talk(say(f"已写入 {out}：{count:,} 行", f"written: {out}, {count:,} rows"))


def _refuse_existing(path: str) -> None:
    if Path(path).exists():
        raise OutputError(
            f"{path} exists; nothing was written", help="name a new file with --out, or remove it"
        )


def register(app: typer.Typer) -> None:
    """Add these commands in order of use."""
    zh = "按列映射读入真实销量或发票；没有映射时提出一个"
    app.command("import", cls=chinese.Command, help=screen.described(zh)(import_sales))(
        import_sales
    )
    zh = "生成市场的模拟销量或发票，可用来试 import"
    app.command("generate", cls=chinese.Command, help=screen.described(zh)(generate))(generate)
