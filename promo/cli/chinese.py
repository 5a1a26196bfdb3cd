"""What do usage, refusals and faults of the machine say in Chinese?

The library of the command line speaks English only; these are its sentences and our own short
ones. A sentence that is not listed stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from promo.cli.screen import locale_language

_HELP = {
    "Usage:": "用法:",
    "Arguments:": "参数:",
    "Options:": "选项:",
    "Commands:": "命令:",
    "Example:": "例:",
    "[default: ": "[默认: ",
    "[required]": "[必填]",
    "Show this message and exit.": "显示本说明",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 [参数]...",
}
_SENTENCES = [
    (r"No such command '(.+?)'\.", r"没有 '\1' 这条命令。"),
    (r" ?Did you mean '(.+?)'\?", r"是否想写 '\1'？"),
    (r" ?Did you mean one of: (.+?)\?", r"是否想写其中之一：\1？"),
    (r"No such option: (\S+)", r"没有 \1 这个选项"),
    (r"\(Possible options: (.+)\)", r"（是否想写：\1）"),
    (r"Missing argument '(.+?)'\.", r"缺少参数 '\1'。"),
    (r"Missing option '(.+?)'\.", r"缺少选项 '\1'。"),
    (r"Invalid value for '(.+?)': ", r"'\1' 的值不对："),
    (r"Invalid value: ", ""),
    (r"Input should be greater than or equal to (\S+)", r"应不小于 \1"),
    (r"Input should be less than or equal to (\S+)", r"应不大于 \1"),
    (r"Input should be a valid integer.*", "应写整数"),
    (r"Got unexpected extra arguments? \((.+)\)", r"多出的参数：\1"),
    (r"^(.+) exists and is not an empty folder; nothing was written$",
     r"\1 已存在，且不是空文件夹；什么也没有写"),
    (r"^(.+) exists and is not empty; nothing was written$", r"\1 已存在，且不空；什么也没有写"),
    (r"^(.+) exists; nothing was written$", r"\1 已存在；什么也没有写"),
    (r"^(.+) is a folder, not a campaign$", r"\1 是文件夹，不是活动文件"),
    (r"^(.+) is a market file, not a campaign$", r"\1 是市场文件，不是活动文件"),
    (r"^(.+) is a manufacturer file, not a campaign$", r"\1 是企业文件，不是活动文件"),
    (r"^(.+) is a sales map file, not a campaign$", r"\1 是列映射文件，不是活动文件"),
    (r"^name the campaign's file, such as (.+)$", r"请写活动文件，例如 \1"),
    (r"^name a new folder with --out$", "用 --out 换一个新文件夹"),
    (r"^name a new file with --out, or remove it$", "用 --out 换一个新文件名，或先删去它"),
    (r"^name another folder: (.+)$", r"换一个文件夹：\1"),
    (r"^write '(.+)'$", r"请写 '\1'"),
    (r"^No space left on device", "磁盘已满"),
    (r"^Permission denied", "没有权限"),
    (r"^No such file or directory", "没有这个文件或文件夹"),
]  # fmt: skip


def sentence(text: str) -> str:
    """A sentence of the shell in Chinese, as far as it is known.

    >>> sentence("No such command 'chek'. Did you mean 'check'?")
    "没有 'chek' 这条命令。是否想写 'check'？"
    """
    from promo.report.finding_words import in_chinese

    said = text
    for english, chinese in _SENTENCES:
        said = re.sub(english, chinese, said)
    return said if said != text else in_chinese(text)


def usage(error: typer.TyperException) -> str:
    """What was typed wrongly and where the right way stands."""
    lines = []
    context = getattr(error, "ctx", None)
    if context is not None:
        lines.append(_in_chinese(context.get_usage()))
        lines.append(f"查看用法：{context.command_path} --help")
        lines.append("")
    return "\n".join([*lines, f"错误：{sentence(error.format_message())}"])


def _in_chinese(text: str) -> str:
    for english, chinese in _HELP.items():
        text = text.replace(english, chinese)
    return text


class Command(TyperCommand):
    """A command whose help has no English words on a Chinese screen."""

    def get_help(self, ctx: Any) -> str:
        text = super().get_help(ctx)
        return _in_chinese(text) if locale_language() == "zh" else text


class Group(TyperGroup):
    """The same for the list of commands."""

    def get_help(self, ctx: Any) -> str:
        text = super().get_help(ctx)
        return _in_chinese(text) if locale_language() == "zh" else text
