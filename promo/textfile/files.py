"""Where do files lie, and how are they written whole or not at all?"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from promo.errors import OutputError
from promo.quantities import shown
from promo.textfile.decoding import MAX_BYTES, Finding, whole_file
from promo.textfile.revisions import (
    Revised,
    beside,
    commit_of,
    ignored_on_disk,
    kind_of,
    read_revised,
    revised,
    within,
)
from promo.textfile.watching import is_file, note_content, note_passing, note_stamp, real

LINKED = (".yaml", ".yml", ".csv", ".parquet")
LARGE = (".parquet",)  # files that others read, not this room


def read_bytes(path: str) -> bytes:
    """The content of a file of at most 1 MiB, of the disk or of a git revision (`REV:path`)."""
    past = revised(path)
    if past is not None:
        note_passing(path)
        return read_revised(past, MAX_BYTES)
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "not readable"
        raise whole_file(path, "T001", f"cannot read this file: {reason}") from None
    if len(content) > MAX_BYTES:
        help = "large tables belong into CSV or Parquet files"
        raise whole_file(path, "T002", "the file is larger than 1 MiB", help)
    note_content(path, content)
    return content


def _refuse_other_kinds(base: str, relative: str) -> None:
    if Path(relative).suffix.lower() not in LINKED:
        help = "name a .yaml, .csv or .parquet file"
        raise whole_file(base, "P801", f"'{shown(relative)}' is no file of campaigns", help)


def resolve(base: str, relative: str) -> str:
    """The path of a file named inside the file `base`.

    Links stay inside the folder of campaigns: the parent of the folder that holds `base`, unless
    that is the root of the disk. They lead to YAML, CSV and Parquet only, so that no finding can
    show a line of another file. Raises `Finding` P802 for a path that leaves the folder and P801
    where there is no such file. Beside a file of a revision lie those of the same revision.
    """
    past = revised(base)
    if past is not None:
        note_passing(base)
        _refuse_other_kinds(base, relative)
        return _resolve_in_revision(past, relative)
    folder = Path(base).absolute().parent
    root = Path(real(str(folder if folder.parent == folder.parent.parent else folder.parent)))
    try:
        target = Path(real(str(folder / relative)))
        if Path(relative).is_absolute() or not target.is_relative_to(root):
            raise _outside(base, relative, root.name)
        _refuse_other_kinds(base, relative)
        found = is_file(str(target))
        if found and target.suffix in LARGE:
            note_stamp(str(target))
    except (OSError, ValueError):
        found = False
    if not found:
        raise _absent(base, relative)
    return os.path.normpath(str(Path(base).parent / relative))


def _outside(base: str, relative: str, root: str) -> Finding:
    help = f"keep linked files in the folder '{root}'"
    return whole_file(base, "P802", f"'{shown(relative)}' leaves the campaigns", help)


def _absent(base: str, relative: str) -> Finding:
    return whole_file(base, "P801", f"there is no file '{shown(relative)}'")


def _resolve_in_revision(base: Revised, relative: str) -> str:
    """A file of a revision; sales, which git ignores, come from the disk."""
    if not within(base, relative):
        root = base.path.rpartition("/")[0].rpartition("/")[0] or base.revision
        raise _outside(base.name, relative, root)
    target = beside(base, relative)
    if kind_of(target) == "blob":
        return _unpacked(target) if relative.endswith(LARGE) else target.name
    ignored = ignored_on_disk(target)
    if ignored is None:
        raise _absent(base.name, relative)
    return ignored


_UNPACKED: dict[str, Revised] = {}


def _unpacked(file: Revised) -> str:
    """A copy of a large file of a revision on the disk, until the program ends."""
    for path, known in _UNPACKED.items():
        if known == file:
            return path
    folder = tempfile.mkdtemp(prefix="promo-")
    _UNFINISHED.add(folder)
    path = str(Path(folder) / PurePosixPath(file.path).name)
    Path(path).write_bytes(read_revised(file))
    _UNPACKED[path] = file
    return path


def exists(path: str) -> bool:
    """Is there a file at this path?"""
    past = revised(path)
    if past is None:
        return is_file(path)
    return kind_of(past) == "blob" or ignored_on_disk(past) is not None


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
    """Write a whole file or nothing: a temporary file beside it, flushed, then renamed.

    A file that is replaced hands on who may read and write it.
    """
    target = Path(path)
    try:
        with unfinished(target) as temporary:
            write_file(temporary, content)
            if target.is_file():
                shutil.copymode(target, temporary)
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
    past = revised(path)
    if past is not None:
        return commit_of(past), False
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
    file = _UNPACKED.get(path) or revised(path)
    if file is not None:
        return file.name
    past = revised(base)
    if past is not None:  # a file of the disk beside those of a revision
        return Path(os.path.relpath(path)).as_posix()
    root = Path(os.path.realpath(base)).parent.parent
    return os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
