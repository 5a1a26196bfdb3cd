"""What did a file say at a git revision? Such a file is named `REV:path`, as git names it.

The path begins at the top of the repository, or here where it begins with `./` or `../`. A file
of the disk that bears such a name comes first.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePath

from promo.quantities import shown
from promo.textfile.decoding import Finding, whole_file

PATIENCE_SECONDS = 60
_CANNOT_RUN = 127


@dataclass(frozen=True, slots=True)
class Revised:
    """A file or folder at a revision, its path as git reads it."""

    revision: str
    path: str

    @property
    def name(self) -> str:
        """How it is named to people and to git."""
        return f"{self.revision}:{self.path}"


def revised(name: str) -> Revised | None:
    """The parts of `REV:path`; None for what is meant to lie on the disk."""
    revision, colon, path = name.partition(":")
    if not (colon and revision and path) or revision.startswith("-") or "\0" in name:
        return None
    if PurePath(name).drive or os.path.lexists(name):
        return None
    return Revised(revision, _as_git_reads(path.replace("\\", "/")))


def _as_git_reads(path: str) -> str:
    """The path without detours; git takes one that begins with a dot from here."""
    straight = posixpath.normpath(path)
    begins_here = path.startswith(("./", "../")) and not straight.startswith("../")
    return f"./{straight}" if begins_here else straight


def beside(file: Revised, relative: str) -> Revised:
    """The file of the same revision that is named relative to another.

    >>> beside(Revised("HEAD~1", "campaigns/kaifeng/q4.yaml"), "../national/tax.yaml").name
    'HEAD~1:campaigns/national/tax.yaml'
    """
    folder = file.path.rpartition("/")[0]
    return Revised(file.revision, _as_git_reads(f"{folder}/{relative}" if folder else relative))


def within(file: Revised, relative: str) -> bool:
    """Does a path stay in the folder of campaigns, the parent of the folder of the file?"""
    folder = posixpath.dirname(file.path)
    above = posixpath.relpath(posixpath.join(folder, relative), posixpath.join(folder, ".."))
    return not posixpath.isabs(relative) and above.split("/")[0] != ".."


def commit_of(file: Revised) -> str | None:
    """The full name of the commit; None where there is none."""
    said = _git("rev-parse", "--verify", "--quiet", f"{file.revision}^{{commit}}")
    return said.stdout.decode().strip() or None


def kind_of(file: Revised) -> str:
    """What lies there: `blob` (a file), `tree` (a folder), or nothing."""
    return _git("cat-file", "-t", file.name).stdout.decode().strip()


def read_revised(file: Revised, most: int | None = None) -> bytes:
    """The content of a file at a revision; raises `Finding` T001, or T002 above `most` bytes."""
    if kind_of(file) != "blob":
        raise _unreadable(file)
    if most is not None and int(_git("cat-file", "-s", file.name).stdout or 0) > most:
        raise whole_file(file.name, "T002", "the file is larger than 1 MiB")
    return _git("cat-file", "blob", file.name).stdout


def _unreadable(file: Revised) -> Finding:
    """Why a file of a revision cannot be read."""
    help = ""
    if commit_of(file) is not None:
        why = f"revision {shown(file.revision)} holds no file '{shown(file.path)}'"
        help = "a path begins at the top of the repository; './' begins here"
    else:
        here = _git("rev-parse", "--git-dir").returncode
        why = f"there is no revision '{shown(file.revision)}'"
        if here:
            why = "there is no such file, and no git repository here"
        if here == _CANNOT_RUN:
            why = "there is no such file, and git cannot be run"
    return whole_file(file.name, "T001", f"cannot read this file: {why}", help)


def folder_of_revision(name: str) -> tuple[str, ...] | None:
    """The names of all files under a folder `REV:path`; None where there is no such folder."""
    folder = revised(name)
    if folder is None or kind_of(folder) != "tree":
        return None
    listed = _git("ls-tree", "-r", "-z", "--full-tree", "--name-only", folder.name).stdout
    names = listed.decode("utf-8", "replace").split("\0")
    return tuple(f"{name}/{each}" for each in names if each)


def ignored_on_disk(file: Revised) -> str | None:
    """Where the disk holds a file that git was told to ignore: no revision holds sales."""
    to_top = "" if file.path.startswith(".") else _git("rev-parse", "--show-cdup").stdout.decode()
    path = Path(to_top.strip()) / file.path
    if not os.path.isfile(path):  # noqa: PTH113 - Path raises where a name cannot be one
        return None
    if _git("check-ignore", "--quiet", "--", str(path)).returncode:
        return None
    return os.path.normpath(path)


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    """One command of git, run here; the caller judges what came of it."""
    command = ["git", *words]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_SECONDS)
    except (OSError, ValueError, subprocess.SubprocessError):  # a name with NUL is no name
        return subprocess.CompletedProcess(command, _CANNOT_RUN, b"", b"")
