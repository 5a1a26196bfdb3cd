"""The command `promo`: its commands in order of use, its exit codes, its one way to fail.

Exit codes: 0 done, 1 findings (the input is wrong), 2 usage, 3 internal, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from promo import __version__
from promo.cli import campaigns, chinese, explain, runs, sales, screen
from promo.cli.screen import say
from promo.errors import InputError, PromoError

DONE, FINDINGS, USAGE, INTERNAL, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141

# Faults of the machine that the analyst can mend: full disk, no permission, a folder in the way.
_MENDABLE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EEXIST,
    errno.ENOENT,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EFBIG,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
}

app = typer.Typer(
    name="promo",
    cls=chinese.Group,
    help=say("汽车促销活动的测算", "Plan a car-promotion campaign before the money is spent."),
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

VersionOption = Annotated[
    bool, typer.Option("--version", help=say("显示版本", "Print the version."), is_eager=True)
]


def _in_order_of_use() -> str:
    commands = [
        ("init", say("复制开封示例，作为起点", "copy the Kaifeng example to start from")),
        ("check", say("检查文件，列出全部问题", "list all that is wrong in the files")),
        ("explain", say("写成通知，或说明一笔购车", "say the rules as a notice; or one purchase")),
        ("simulate", say("测算一项活动：有它和没有它", "run a campaign, with and without it")),
        ("compare", say("比较几个方案", "compare designs on the same draws")),
        ("import", say("读入真实销量", "bring in real sales by a column map")),
        ("generate", say("生成模拟的销售与发票", "make synthetic sales and invoices")),
    ]
    lines = [f"  promo {name:<9} {words}" for name, words in commands]
    first = say("先试这一条：", "First, try:")
    more = say("每条命令的用法：", "More on each command:")
    return "\n".join([*lines, "", f"{first} promo init kaifeng", f"{more} promo simulate --help"])


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    *,
    version: VersionOption = False,
) -> None:
    """Print the commands in order of use when none is given."""
    if version:
        screen.out(f"promo {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        screen.out(_in_order_of_use())


campaigns.register(app)
explain.register(app)
runs.register(app)
sales.register(app)


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Processes share the work: threads of theirs would only get in each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; whatever happens, end with a message and an exit code, not a traceback."""
    screen.prepare_streams()
    if threading.current_thread() is threading.main_thread():
        hear_interruption()
    try:
        with _ended_like_interrupted():
            code = app(list(arguments), prog_name="promo", standalone_mode=False)
            sys.stdout.flush()
    except _EndedError as ended:
        return 128 + ended.number
    except (PromoError, typer.TyperException) as error:
        return _explain(error, screen.asked_for(arguments))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # typer leaves by SystemExit when the reader of our output has gone.
        _forget_output()
        return PIPE_CLOSED
    except Exception as error:
        return INTERRUPTED if _HEARD.is_set() else _confess(error)
    done = code if isinstance(code, int) else DONE
    # It is lost where Python ignores what is raised, as while it clears up.
    return INTERRUPTED if _HEARD.is_set() else done


def hear_interruption() -> None:
    """Let Ctrl-C raise again, now that there is someone to catch it."""
    _HEARD.clear()
    if signal.getsignal(signal.SIGINT) in {signal.SIG_DFL, signal.default_int_handler}:
        signal.signal(signal.SIGINT, _interrupt)


# A library written in C that is interrupted while it is imported says that it cannot be imported.
_HEARD = threading.Event()


def _interrupt(number: int, frame: object) -> NoReturn:
    del number, frame
    _HEARD.set()
    raise KeyboardInterrupt


class _EndedError(BaseException):
    """Someone ends the program by a signal; what is unfinished is tidied up on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _end(number: int, frame: object) -> NoReturn:
    del frame
    raise _EndedError(number)


@contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the work as Ctrl-C does, without half a file."""
    signals = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in signals}
    for number, handler in before.items():
        if handler is signal.SIG_DFL:  # nohup ignores it: so be it
            signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _explain(error: PromoError | typer.TyperException, language: screen.Language) -> int:
    """Say what the analyst can mend."""
    if isinstance(error, InputError):
        from promo.report import findings

        for finding in error.diagnostics:
            screen.talk(findings.as_text(finding, width=screen.width(), language=language))
        return error.exit_code
    if isinstance(error, PromoError):
        told = chinese.sentence if language == "zh" else str
        screen.talk(f"promo: {told(error.message)}")
        if error.help:
            screen.talk(f"  {'提示：' if language == 'zh' else 'help: '}{told(error.help)}")
        return error.exit_code
    if language == "zh":
        screen.talk(chinese.usage(error))
        return error.exit_code
    show = getattr(error, "show", None)
    if show is not None:
        show()
    return error.exit_code


def _confess(error: Exception) -> int:
    """One line for a fault of the machine or of this program."""
    if os.environ.get("PROMO_DEBUG") == "1":
        raise error
    if isinstance(error, OSError) and error.errno in _MENDABLE:
        _forget_output()
        where = f": {error.filename}" if error.filename else ""
        screen.talk(f"promo: {error.strerror}{where}")
        return FINDINGS
    if isinstance(error, MemoryError):
        screen.talk("promo: not enough memory for this market and this number of draws")
        return FINDINGS
    first_line = (str(error).splitlines() or [""])[0]
    screen.talk(
        f"promo: internal error ({type(error).__name__}: {first_line}). "
        "Please report it with the command and the file; PROMO_DEBUG=1 shows where."
    )
    return INTERNAL


def _forget_output() -> None:
    """Point stdout at nothing, so that the interpreter does not stumble when it closes it."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
