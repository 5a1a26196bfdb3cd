"""The commands that begin: copy the example, check the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promo.cli import chinese, screen
from promo.cli.screen import JsonOption, LanguageOption, say
from promo.errors import OutputError

if TYPE_CHECKING:
    from promo.report.checkup import Checkup
    from promo.textfile import FileModel


class FileKind(StrEnum):
    """The kinds of file that have a schema."""

    CAMPAIGN = "campaign"
    MARKET = "market"
    MANUFACTURER = "manufacturer"


Folder = Annotated[
    str, typer.Argument(metavar="[DIR]", help=say("新文件夹", "The folder to make."))
]
Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH...", help=say("文件或文件夹", "Files or folders.")),
]
SchemaOption = Annotated[
    FileKind | None,
    typer.Option(
        "--schema", help=say("输出文件格式的 JSON Schema", "Print the JSON schema of a file kind.")
    ),
]
FixOption = Annotated[
    bool,
    typer.Option(
        "--fix",
        help=say(
            "改正写法并列出改动(绝不改金额)",
            "Mend slips of writing, never amounts; show what changed.",
        ),
    ),
]
CacheOption = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help=say(
            "未改动的文件沿用上次的结果", "Take what earlier checks found in unchanged files."
        ),
    ),
]


def init(folder: Folder = "kaifeng", language: LanguageOption = None) -> None:
    """Copy the Kaifeng example, with comments that teach, and check it.

    Example: promo init kaifeng
    """
    from promo import textfile
    from promo.report import checkup

    target = Path(folder)
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise OutputError(
            f"{folder} exists and is not empty; nothing was written",
            help="name another folder: promo init my-kaifeng",
        )
    textfile.copy_folder(str(Path(textfile.example_folder()) / "kaifeng"), folder)
    _show(checkup.check([folder]), screen.chosen(language))
    screen.out(_next_commands(folder, screen.chosen(language)))


def _next_commands(folder: str, language: screen.Language) -> str:
    base = Path(folder)
    first, second = (_quoted(str(base / f"2022-q4{kind}.yaml")) for kind in ("", "-phased"))
    commands = [
        f"  promo simulate {first}",
        f"  promo compare {first} {second}",
        f"  promo check {_quoted(folder)}",
    ]
    if language == "zh":
        return "\n".join(["接下来：", *commands, f"用任何编辑器修改 {first}，再检查、再测算。"])
    return "\n".join(["Next:", *commands, f"Change {first} in any editor, check, simulate again."])


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def check(
    paths: Paths = None,
    *,
    fix: FixOption = False,
    cache: CacheOption = True,
    json_output: JsonOption = False,
    schema: SchemaOption = None,
    language: LanguageOption = None,
) -> None:
    """List all that is wrong in campaigns, markets, manufacturers and their examples.

    Example: promo check campaigns
    """
    if schema is not None:
        screen.out(json.dumps(_schema(schema), ensure_ascii=False, indent=2))
        return
    if not paths:
        raise typer.BadParameter(say("要检查哪个文件？", "which file or folder?"))
    from promo.report import checkup, findings, remembered

    if fix:
        result = _mended(paths, screen.talk if json_output else screen.out)
    else:
        folder = remembered.cache_folder() if cache else None
        result = checkup.check(paths, remembered.Memory(folder))
    if json_output:
        content = findings.as_json(result.findings, files=result.files, examples=result.examples)
        screen.out(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        _show(result, screen.chosen(language))
    if result.errors:
        raise typer.Exit(1)


def _mended(paths: list[str], show: Callable[[str], None]) -> Checkup:
    """Mend what can be mended, and show it."""
    from promo.report import findings, fixes

    mended = fixes.mend(paths)
    for line in fixes.differences(mended):
        show(findings.safe(line))
    return mended.checkup


def _schema(kind: FileKind) -> dict[str, object]:
    from promo.market.market import Market
    from promo.policy.campaign import Campaign
    from promo.production.manufacturer import Manufacturer
    from promo.report.schemas import schema_of

    models: dict[FileKind, type[FileModel]] = {
        FileKind.CAMPAIGN: Campaign,
        FileKind.MARKET: Market,
        FileKind.MANUFACTURER: Manufacturer,
    }
    return schema_of(models[kind])


def _show(result: Checkup, language: screen.Language) -> None:
    from promo.report import findings

    for finding in result.findings:
        screen.out(findings.as_text(finding, width=screen.width(), language=language))
    for path in result.skipped:
        screen.talk(
            f"未检查（不是活动、市场或企业文件）：{path}"
            if language == "zh"
            else f"not checked (no campaign, market or manufacturer): {path}"
        )
    mendable = sum(finding.fix is not None for finding in result.findings)
    if mendable:
        screen.talk(
            f"其中 {mendable} 处可由 promo check --fix 改正"
            if language == "zh"
            else f"{mendable} of them can be mended by 'promo check --fix'"
        )
    counts = {"files": result.files, "examples": result.examples}
    screen.out(findings.summary(findings=len(result.findings), language=language, **counts))


def register(app: typer.Typer) -> None:
    """Add these commands in order of use."""
    zh = "复制开封示例（注释即教程）并检查"
    app.command("init", cls=chinese.Command, help=screen.described(zh)(init))(init)
    zh = "列出活动、市场、企业文件及其示例中的全部问题"
    app.command("check", cls=chinese.Command, help=screen.described(zh)(check))(check)
