"""Who does the work? Blocks of draws, shared out to processes, in an order that changes nothing.

Each helper process opens the same study and lives the blocks it is handed; the process that asks
works as well. A block is the same bytes wherever it is lived, so the number of workers changes
the time and nothing else.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult, Pool
from typing import Literal, TypeAlias

from promo.errors import PromoError
from promo.simulation.draws import ParameterDraws
from promo.simulation.worlds import Outcome, chance, means
from promo.study import Study, load_study

LuckKind: TypeAlias = Literal["chance", "means"]


@dataclass(frozen=True, slots=True)
class Task:
    """One block of draws of one study, and the luck it lives with."""

    study: int
    draws: ParameterDraws
    luck: LuckKind


def live_block(study: Study, draws: ParameterDraws, luck: LuckKind) -> Outcome:
    """Both worlds in one block of draws."""
    block = study.stage.block(draws)
    return block.live(chance(draws.seed) if luck == "chance" else means)


@dataclass(frozen=True, slots=True)
class Crew:
    """The studies at hand, and helper processes or none."""

    studies: tuple[Study, ...]
    pool: Pool | None
    helpers: frozenset[int]

    def outcomes(
        self, study: Study, blocks: Sequence[ParameterDraws], luck: LuckKind
    ) -> Iterator[Outcome]:
        """Outcomes of the blocks in their order."""
        number = next(n for n, each in enumerate(self.studies) if each is study)
        tasks = [Task(number, draws, luck) for draws in blocks]
        handed: dict[int, AsyncResult[Outcome | None]] = {}
        kept: dict[int, Outcome] = {}
        waiting = list(range(len(tasks)))
        for place, task in enumerate(tasks):
            while waiting and place not in kept:
                self._hand_out(tasks, waiting, handed)
                if place in handed and (handed[place].ready() or not waiting):
                    break
                if waiting:
                    mine = waiting.pop(0)
                    kept[mine] = live_block(study, tasks[mine].draws, luck)
            found = kept.pop(place, None) or self._fetched(handed.pop(place))
            yield found or live_block(study, task.draws, luck)

    def _fetched(self, result: AsyncResult[Outcome | None]) -> Outcome | None:
        """What a helper made of its block; None where the helper is gone or could not do it."""
        while not result.ready():
            alive = {child.pid for child in multiprocessing.active_children()}
            if not self.helpers <= alive:
                return None
            result.wait(0.2)
        return result.get() if result.successful() else None

    def _hand_out(
        self,
        tasks: Sequence[Task],
        waiting: list[int],
        handed: dict[int, AsyncResult[Outcome | None]],
    ) -> None:
        """Give each idle helper the next block."""
        if self.pool is None:
            return
        busy = sum(not result.ready() for result in handed.values())
        while waiting and busy < len(self.helpers):
            place = waiting.pop(0)
            handed[place] = self.pool.apply_async(_help, (tasks[place],))
            busy += 1


@contextmanager
def crew(studies: Sequence[Study], *, workers: int) -> Iterator[Crew]:
    """A crew of this many workers, the asking process among them."""
    opened = tuple(studies)
    if workers <= 1:
        yield Crew(opened, None, frozenset())
        return
    files = tuple((study.path, tuple(sorted(study.inputs.items()))) for study in opened)
    spawn = multiprocessing.get_context("spawn")
    others = {child.pid for child in multiprocessing.active_children()}
    with _deaf_to_interruption():
        pool = spawn.Pool(workers - 1, _open, (files,))
    with pool:
        mine = {child.pid for child in multiprocessing.active_children()} - others
        yield Crew(opened, pool, frozenset(pid for pid in mine if pid is not None))


@contextmanager
def _deaf_to_interruption() -> Iterator[None]:
    """Helpers started in here never hear Ctrl-C, even while they start; who asked ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # once it runs it leaves the mask alone
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_OPENED: list[Study] = []


def _open(files: Sequence[tuple[str, tuple[tuple[str, str], ...]]]) -> None:
    """Open the studies in a helper process; leave none if a file is not what it was."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for path, inputs in files:
            study = load_study(path)
            if tuple(sorted(study.inputs.items())) != inputs:
                break
            _OPENED.append(study)
    except PromoError:
        _OPENED.clear()


def _help(task: Task) -> Outcome | None:
    """Live a block in a helper process; None if its study could not be opened there."""
    if task.study >= len(_OPENED):
        return None
    return live_block(_OPENED[task.study], task.draws, task.luck)
