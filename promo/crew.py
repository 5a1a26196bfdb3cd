"""Who does the work? Blocks of draws, shared out to processes, in an order that changes nothing.

Each helper process opens the same study and lives the blocks it is handed; the process that asks
works as well. A block is the same bytes wherever it is lived, so the number of workers changes
the time and nothing else.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from promo.errors import PromoError

if TYPE_CHECKING:
    from promo.simulation.draws import ParameterDraws
    from promo.simulation.worlds import Outcome
    from promo.study import Study

# What lives a block is imported where it is needed: helpers are started before anything else, and
# import while the process that asks does.

LuckKind: TypeAlias = Literal["chance", "means"]


@dataclass(frozen=True, slots=True)
class Task:
    """One block of draws of one study, read from files with these digests, and its luck."""

    study: int
    inputs: tuple[tuple[str, str], ...]
    draws: ParameterDraws
    luck: LuckKind


def live_block(study: Study, draws: ParameterDraws, luck: LuckKind) -> Outcome:
    """Both worlds in one block of draws."""
    from promo.pull_through import yards_of
    from promo.simulation.worlds import chance, means

    block = study.stage.block(draws)
    return block.live(chance(draws.seed) if luck == "chance" else means, yards_of(study, draws))


@dataclass(frozen=True, slots=True)
class Helpers:
    """So many helper processes, or none."""

    pool: ProcessPoolExecutor | None
    count: int


@dataclass(frozen=True, slots=True)
class Crew:
    """The studies at hand, and helpers that opened the same files."""

    studies: tuple[Study, ...]
    helpers: Helpers

    def outcomes(
        self, study: Study, blocks: Sequence[ParameterDraws], luck: LuckKind
    ) -> Iterator[Outcome]:
        """Outcomes of the blocks in their order."""
        number = next(n for n, each in enumerate(self.studies) if each is study)
        inputs = tuple(sorted(study.inputs.items()))
        tasks = [Task(number, inputs, draws, luck) for draws in blocks]
        handed: dict[int, Future[Outcome | None]] = {}
        kept: dict[int, Outcome] = {}
        waiting = list(range(len(tasks)))
        for place, task in enumerate(tasks):
            while waiting and place not in kept:
                self._hand_out(tasks, waiting, handed)
                if place in handed and (handed[place].done() or not waiting):
                    break
                if waiting:
                    mine = waiting.pop(0)
                    kept[mine] = live_block(study, tasks[mine].draws, luck)
            found = kept.pop(place, None) or self._fetched(handed.pop(place))
            yield found or live_block(study, task.draws, luck)

    def _fetched(self, result: Future[Outcome | None]) -> Outcome | None:
        """What a helper made of its block; None where the helper is gone or could not do it."""
        return None if result.exception() else result.result()

    def _hand_out(
        self,
        tasks: Sequence[Task],
        waiting: list[int],
        handed: dict[int, Future[Outcome | None]],
    ) -> None:
        """Give each helper the next block, and one to go on with while there are many."""
        if self.helpers.pool is None:
            return
        busy = sum(not result.done() for result in handed.values())
        ahead = 2 if len(waiting) > 2 * self.helpers.count else 1
        while waiting and busy < ahead * self.helpers.count:
            try:
                result = self.helpers.pool.submit(_help, tasks[waiting[0]])
            except BrokenProcessPool:  # a helper was ended from outside: all are gone
                return
            handed[waiting.pop(0)] = result
            busy += 1


@contextmanager
def crew(studies: Sequence[Study], *, workers: int) -> Iterator[Crew]:
    """A crew of this many workers, the asking process among them."""
    with called([study.path for study in studies], workers=workers) as helpers:
        yield Crew(tuple(studies), helpers)


@contextmanager
def called(paths: Sequence[str], *, workers: int) -> Iterator[Helpers]:
    """Helpers that open the studies in these files, called before they are wanted."""
    if workers <= 1:
        yield Helpers(None, 0)
        return
    spawn = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers - 1, spawn, _open, (tuple(paths),))
    try:
        with _deaf_to_interruption():
            for _ in range(workers - 1):
                pool.submit(_begin)
        yield Helpers(pool, workers - 1)
    finally:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        pool.shutdown(cancel_futures=True)


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


def _begin() -> None:
    """The first task of a helper: none is started before there is one."""


def _open(paths: Sequence[str]) -> None:
    """Open the studies in a helper process; none if one cannot be opened."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from promo.study import load_study

    try:
        _OPENED.extend(load_study(path) for path in paths)
    except PromoError:
        _OPENED.clear()


def _help(task: Task) -> Outcome | None:
    """Live a block in a helper process; None if its study is not the same there."""
    if task.study >= len(_OPENED):
        return None
    study = _OPENED[task.study]
    if tuple(sorted(study.inputs.items())) != task.inputs:
        return None
    return live_block(study, task.draws, task.luck)
