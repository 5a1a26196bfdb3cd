"""Where do files lie, and how are they written whole or not at all?"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promo.errors import OutputError
from promo.quantities import shown
from promo.textfile.decoding import whole_file


def resolve(base: str, relative: str) -> str:
    """The path of a file named inside the file `base`.

    Links stay inside the folder of campaigns: the parent of the folder that holds `base`. Raises
    `Finding` P802 for a path that leaves it and P801 where there is no such file.
    """
    folder = Path(base).absolute().parent
    root = Path(os.path.realpath(folder.parent))
    try:
        target = Path(os.path.realpath(folder / relative))
        if Path(relative).is_absolute() or not target.is_relative_to(root):
            help = f"keep linked files in the folder '{root.name}'"
            raise whole_file(base, "P802", f"'{shown(relative)}' leaves the campaigns", help)
        found = target.is_file()
    except (OSError, ValueError):
        found = False
    if not found:
        raise whole_file(base, "P801", f"there is no file '{shown(relative)}'")
    return os.path.normpath(str(Path(base).parent / relative))


def exists(path: str) -> bool:
    """Is there a file at this path?"""
    return Path(path).is_file()


_UNFINISHED: set[str] = set()


def _forget(name: str) -> None:
    """Remove a temporary file or folder, if it is still there."""
    if Path(name).is_dir():
        shutil.rmtree(name, ignore_errors=True)
    else:
        with suppress(OSError):  # a disk for reading only has none
            Path(name).unlink(missing_ok=True)
    _UNFINISHED.discard(name)


def _forget_all() -> None:
    """Where Ctrl-C came a second time, during the tidying, the end of the program tidies."""
    for name in tuple(_UNFINISHED):
        _forget(name)


atexit.register(_forget_all)


@contextmanager
def unfinished(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """A temporary file or folder beside the target; whatever happens, it does not stay."""
    target.parent.mkdir(parents=True, exist_ok=True)
    name = str(target.parent / f".promo-{os.getpid()}-{secrets.token_hex(4)}")
    _UNFINISHED.add(name)
    try:
        if folder:
            Path(name).mkdir(mode=0o700)
        yield Path(name)
    finally:
        _forget(name)


def write_atomic(path: str, content: bytes) -> None:
    """Write a whole file or nothing: a temporary file beside it, flushed, then renamed."""
    target = Path(path)
    try:
        with unfinished(target) as temporary:
            write_file(temporary, content)
            temporary.replace(target)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None


def write_file(path: Path, content: bytes) -> None:
    """One file, on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def place_folder(temporary: Path, target: Path) -> None:
    """Give a finished folder its name, or its content to the empty folder that is there.

    The empty folder stays the same one: a shell may stand in it.
    """
    if not target.is_dir():
        temporary.chmod(0o777 & ~_umask())
        temporary.rename(target)
        return
    moved = [target / each.name for each in temporary.iterdir()]
    try:
        for each in moved:
            (temporary / each.name).rename(each)
    except BaseException:  # Ctrl-C too: all or nothing
        for each in moved:
            _forget(str(each))
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError) -> str:
    """Why a folder could not be copied, in one line; shutil lists every file of it."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        return str(error.args[0][0][-1])
    return error.strerror or str(error)


def example_folder() -> str:
    """The folder of campaigns that comes with the program."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "campaigns"
    return str(inside if inside.is_dir() else package.parent / "campaigns")


def copy_folder(source: str, target: str) -> tuple[str, ...]:
    """Copy a folder of campaign files to a place that must not exist; the files copied."""
    destination = Path(target)
    if destination.exists() and any(destination.iterdir()):
        raise OutputError(f"{target} exists and is not empty", help="choose another folder")
    ignore = shutil.ignore_patterns(".*", "__pycache__", "*.parquet")
    try:
        with unfinished(destination, folder=True) as temporary:
            shutil.copytree(source, temporary, ignore=ignore, dirs_exist_ok=True)
            place_folder(temporary, destination)
    except (OSError, shutil.Error) as error:
        raise OutputError(f"cannot write {target}: {_reason(error)}") from None
    files = (each for each in destination.rglob("*") if each.is_file())
    return tuple(sorted(str(each) for each in files))


def revision(path: str) -> tuple[str | None, bool | None]:
    """The git commit that holds a file's folder, and whether the folder differs from it.

    Nothing outside the folder counts; (None, None) where there is no repository or no git.
    """
    folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120 - a loop raises in Path
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit, bool(_git(folder, "status", "--porcelain", "--", "."))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(folder: str, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout.strip()


def name_in_campaigns(base: str, path: str) -> str:
    """A file's name from the folder of campaigns on, the same on every machine."""
    root = Path(os.path.realpath(base)).parent.parent
    return os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
