"""How wide is the screen, which language does it read, which characters can it show?"""

from __future__ import annotations

import codecs
import io
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Literal, TypeAlias

import typer

Language: TypeAlias = Literal["zh", "en"]

_LANGUAGES: tuple[Language, ...] = ("zh", "en")

# What stands in for a character that the terminal's encoding does not have.
_PLAIN = {
    **dict.fromkeys("‐‑–—−─━═", "-"),
    **dict.fromkeys("│┃║▏", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("█▇▆▅▄▃▂▁▀▌▐▖▗▘▙▚▛▜▝▞▟•●", "#"),
    "×": "x",
    "·": ".",
    "…": "...",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "±": "+-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "¥": "CNY ",
}


def _plain_characters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_PLAIN.get(letter, "?") for letter in lost), error.end


def prepare_streams() -> None:
    """Make output that can never fail for its characters: what cannot be shown has a stand-in."""
    codecs.register_error("promo.plain", _plain_characters)
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="promo.plain")


def _open_closed_streams() -> None:
    """Where the caller closed a stream, what is said there goes nowhere, and into no file."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    if sys.stdout is None:
        sys.stdout = _to_nowhere(1)
    if sys.stderr is None:
        sys.stderr = _to_nowhere(2)


def _to_nowhere(number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding="utf-8")


def _shows_chinese() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "开封".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _locale_name() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value
    if sys.platform == "win32":
        import locale

        return locale.getlocale()[0] or ""
    return ""


def locale_language() -> Language:
    """The language of the locale, or English where the screen cannot show Chinese."""
    chinese = _locale_name().lower().startswith(("zh", "chinese"))
    return "zh" if chinese and _shows_chinese() else "en"


def say(zh: str, en: str) -> str:
    """One text of two, for help and talk that appear before `--lang` is read."""
    return zh if locale_language() == "zh" else en


LanguageOption = Annotated[
    Language | None,
    typer.Option("--lang", help=say("输出语言(默认随系统)", "Language (default: the locale's).")),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=say("输出 JSON", "Print JSON instead of tables."))
]


def chosen(language: Language | None) -> Language:
    """The language asked for, else that of the locale."""
    return language or locale_language()


def asked_for(arguments: Sequence[str]) -> Language:
    """The language that these arguments ask for, whether or not they could be read."""
    for place, word in enumerate(arguments):
        value = word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if word == "--lang" and place + 1 < len(arguments):
            value = arguments[place + 1]
        for language in _LANGUAGES:
            if value == language:
                return language
    return locale_language()


def width() -> int:
    """Columns of the terminal, 60 to 100; 80 where the output is no terminal."""
    return max(60, min(100, shutil.get_terminal_size((80, 24)).columns))


def plain() -> bool:
    """Does the output lack the characters that boxes and plots are drawn with?"""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return not encoding.lower().replace("_", "-").startswith("utf")


def out(text: str) -> None:
    """Print the result: what a reader or the next program wants."""
    sys.stdout.write(text + "\n")


def talk(text: str) -> None:
    """Print what accompanies the work and is no result."""
    sys.stderr.write(text + "\n")


def described(zh: str) -> Callable[[Callable[..., object]], str]:
    """The help of a command: its docstring, or the Chinese words with the docstring's example."""

    def text(command: Callable[..., object]) -> str:
        english = (command.__doc__ or "").strip()
        example = english[english.find("Example:") :]  # without docstrings (-OO) nothing
        return say(f"{zh}\n\n{example}", english)

    return text
