"""The commands that answer: simulate one campaign, compare several."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promo.cli import chinese, screen
from promo.cli.screen import JsonOption, LanguageOption, say
from promo.errors import PromoError

if TYPE_CHECKING:
    from promo.appraisal import Progress
    from promo.schema import Words

SECONDS_WITHOUT_BAR = 1.0

Campaign = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help=say("活动文件", "The campaign's file."))
]
Campaigns = Annotated[
    list[str],
    typer.Argument(metavar="CAMPAIGN...", help=say("两个以上活动文件", "Two or more campaigns.")),
]


def _whole_sets(draws: int) -> int:
    """Draws come in sets of 16, doubled: other numbers would not be balanced."""
    if draws.bit_count() == 1:
        return draws
    below = 1 << (draws.bit_length() - 1)
    raise typer.BadParameter(
        say(f"请写 {below} 或 {2 * below}", f"write {below} or {2 * below}: a power of two")
    )


Draws = Annotated[
    int,
    typer.Option(
        min=16,
        max=65_536,
        callback=_whole_sets,
        help=say("假设的抽样次数", "Draws of the assumptions; more draws, less noise."),
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        min=0, help=say("随机种子，同种子同结果", "The same seed gives the same result.")
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        min=1, max=64, help=say("并行数，不影响结果", "Processes; never changes a number.")
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help=say("另存为新文件夹", "Write tables and report to a new folder."),
    ),
]


def simulate(  # noqa: PLR0913 - a command's options
    campaign: Campaign,
    *,
    draws: Draws = 256,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
    json_output: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Simulate a campaign, with and without it: money, cars, plants, what moves the answer.

    Example: promo simulate campaigns/kaifeng/2022-q4.yaml --draws 64
    """
    from promo import crew

    reader = screen.chosen(language)
    _refuse_before_work([campaign], out)
    with crew.called([campaign], workers=workers) as helpers:
        from promo import appraisal as model
        from promo import study as files
        from promo.report import contract, run_folder, terminal
        from promo.report.numbers import amounts_in

        study = files.load_study(campaign)
        hands = crew.Crew((study,), helpers)
        with progress_bar(reader) as progress:
            result = model.appraise_among(study, hands, seed=seed, draws=draws, progress=progress)
    with amounts_in(result.currency):
        if out is not None:
            run_folder.write(out, run_folder.appraisal_files(result, reader))
        if json_output:
            content = contract.appraisal_object(result, reader)
            screen.out(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
        else:
            size = screen.width()
            text = terminal.appraisal_text(result, reader, width=size, plain=screen.plain())
            screen.out(text)
    if out is not None:
        screen.talk(_written(out, reader))


def compare(  # noqa: PLR0913 - a command's options
    campaigns: Campaigns,
    *,
    draws: Draws = 256,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
    json_output: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Compare designs on the same draws; each difference has its own interval.

    Example: promo compare campaigns/kaifeng/2022-q4.yaml campaigns/kaifeng/2022-q4.yaml --draws 64
    """
    from promo import crew

    if len(campaigns) < 2:
        raise typer.BadParameter(say("至少要两个活动文件", "name at least two campaigns"))
    reader = screen.chosen(language)
    _refuse_before_work(campaigns, out)
    with crew.called(campaigns, workers=workers) as helpers:
        from promo import study as files
        from promo.design import comparison
        from promo.report import contract, run_folder, terminal
        from promo.report.numbers import amounts_in

        hands = crew.Crew(tuple(files.load_study(path) for path in campaigns), helpers)
        with progress_bar(reader) as progress:
            result = comparison.compare_among(hands, seed=seed, draws=draws, progress=progress)
    made = (result.appraisals, result.differences)
    with amounts_in(result.appraisals[0].currency):
        if out is not None:
            run_folder.write(out, run_folder.comparison_files(*made, reader))
        if json_output:
            content = contract.comparison_object(*made, reader)
            screen.out(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
        else:
            size = screen.width()
            screen.out(terminal.comparison_text(*made, reader, width=size, plain=screen.plain()))
    if out is not None:
        screen.talk(_written(out, reader))


def _refuse_before_work(campaigns: list[str], out: str | None) -> None:
    """Refuse what needs no work to be refused: a folder that is there, files of another kind."""
    if out is not None:
        from promo.report import run_folder

        run_folder.refuse_existing(out)
    for path in campaigns:
        refuse_other_kinds(path)


def refuse_other_kinds(path: str) -> None:
    """A market or a folder in the place of a campaign would only give a list of unknown keys."""
    from promo.report import checkup

    kind = None if Path(path).is_dir() else checkup.kind_of(Path(path))
    if Path(path).is_dir():
        what = "a folder"
    elif kind in {checkup.Kind.MARKET, checkup.Kind.MANUFACTURER, checkup.Kind.SALES_MAP}:
        what = f"a {kind} file"
    else:
        return
    raise PromoError(
        f"{path} is {what}, not a campaign",
        help="name the campaign's file, such as kaifeng/2022-q4.yaml",
    )


def _written(folder: str, language: screen.Language) -> str:
    if language == "zh":
        return f"已写入 {folder}：report.html、result.xlsx、result.json、record.json、tables/"
    return f"written to {folder}: report.html, result.xlsx, result.json, record.json, tables/"


@contextmanager
def progress_bar(language: screen.Language) -> Iterator[Progress | None]:
    """A bar on stderr once the work has lasted a second, where stderr is a terminal.

    It keeps time by itself, so that it is there and alive while a long block says nothing.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from promo.report.words import chosen

    columns = (TextColumn("{task.description}"), BarColumn())
    clock = (TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    moves = console.is_interactive  # a terminal that cannot move its cursor gets no bar
    bar = Bar(*columns, *clock, console=console, transient=True, disable=not moves)
    task = bar.add_task("准备" if language == "zh" else "getting ready", total=1.0)

    def report(share: float, doing: Words) -> None:
        bar.update(task, completed=share, description=chosen(doing, language))

    late = threading.Timer(SECONDS_WITHOUT_BAR, bar.start)
    late.start()
    try:
        yield report
    finally:
        late.cancel()
        late.join()
        bar.stop()


def register(app: typer.Typer) -> None:
    """Add these commands in order of use."""
    added: list[tuple[str, Callable[..., None], str]] = [
        ("simulate", simulate, "测算一项活动：有它和没有它，差在哪里"),
        ("compare", compare, "在相同抽样上比较几个方案，每个差都带区间"),
    ]
    for name, command, zh in added:
        app.command(name, cls=chinese.Command, help=screen.described(zh)(command))(command)
