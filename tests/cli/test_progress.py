"""Is there a bar while a command works: after a second, on a terminal, in the reader's words?"""

import os
import re
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")

WORK = """
import sys, time
from promo.cli.runs import progress_bar
from promo.schema import Words

with progress_bar(sys.argv[1]) as progress:
    if progress is not None:
        progress(float(sys.argv[2]), Words("一半", "halfway"))
    time.sleep(float(sys.argv[3]))
print("the answer")
"""


def on_a_terminal(language, share, seconds, *, term="xterm"):
    """What a terminal of 80 columns is told on stderr by work that reports once and then lasts."""
    ours, theirs = pty.openpty()
    made = subprocess.Popen(
        [sys.executable, "-c", WORK, language, str(share), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": term, "COLUMNS": "80"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            more = b""
        if not more:
            break
        shown += more
    os.close(ours)
    assert made.communicate()[0].decode().strip() == "the answer"
    assert made.returncode == 0
    return shown.decode()


@pytest.mark.parametrize(("language", "words"), [("zh", "一半"), ("en", "halfway")])
def test_long_work_shows_a_bar_though_it_says_nothing_more(language, words):
    shown = on_a_terminal(language, 0.5, 2.2)
    assert words in shown
    assert "50%" in shown
    assert "0:00:01" in shown or "0:00:02" in shown
    # At the end the line is cleared and the cursor comes back: the answer starts on a clean page.
    assert shown.rindex("\x1b[2K") > shown.rindex(words)
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_quick_work_and_a_terminal_without_a_cursor_show_none():
    assert on_a_terminal("en", 0.5, 0.0) == ""
    assert on_a_terminal("en", 0.5, 1.4, term="dumb") == ""


def test_no_bar_where_there_is_no_terminal():
    made = subprocess.run(
        [sys.executable, "-c", WORK, "zh", "0.5", "1.4"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stderr == ""
    assert not re.search("[━╺\x1b]", made.stdout)
