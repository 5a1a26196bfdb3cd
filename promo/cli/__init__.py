"""The thin shell: what the analyst types, one module per group of commands."""

import signal
import sys

# Ctrl-C while the commands are still being read ends the program without a word.
if (
    sys.argv[0].replace("\\", "/").rpartition("/")[2] in {"promo", "promo.exe"}
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
