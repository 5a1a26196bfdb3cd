"""Who does the work? Blocks of draws, shared out to processes, in an order that changes nothing.

Each helper process opens the same study and lives the blocks it is handed; the process that asks
works as well. A block is the same bytes wherever it is lived, so the number of workers changes
the time and nothing else.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
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


Answer: TypeAlias = "Future[Outcome | None]"
"""What a helper made of a block; None where it could not do it."""


class Helper:
    """A process that lives the blocks it is asked for, one after the other.

    Each has a line of its own and shares no queue: if one is lost, even in the middle of an
    answer, its line is cut and nobody waits. (The library's pools wait for what a lost process
    held.)
    """

    def __init__(self, paths: Sequence[str]) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, tuple(paths)), daemon=True)
        self._process.start()
        theirs.close()
        self._asked: SimpleQueue[Answer] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def is_there(self) -> bool:
        """Whether it can still be asked."""
        return self._listener.is_alive()

    def ask(self, task: Task) -> Answer:
        """Ask for a block; the answer comes in its turn, or never if the helper is lost."""
        answer: Answer = Future()
        self._asked.put(answer)
        try:
            self._line.send(task)
        except OSError:
            self._process.terminate()
        return answer

    def wait_for(self, answer: Answer) -> Outcome | None:
        """The answer; None if the helper is lost before it gives it."""
        while self.is_there:
            try:
                return answer.result(timeout=0.2)
            except TimeoutError:
                continue
        return answer.result() if answer.done() else None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.terminate()
        self._process.join()
        self._listener.join()
        self._line.close()

    def _listen(self) -> None:
        try:
            while True:
                found = self._line.recv()
                self._asked.get().set_result(found)
        except (EOFError, OSError):
            return


@dataclass(frozen=True, slots=True)
class Crew:
    """The studies at hand, and helpers that opened the same files."""

    studies: tuple[Study, ...]
    helpers: tuple[Helper, ...]

    def outcomes(
        self, study: Study, blocks: Sequence[ParameterDraws], luck: LuckKind
    ) -> Iterator[Outcome]:
        """Outcomes of the blocks in their order."""
        number = next(n for n, each in enumerate(self.studies) if each is study)
        inputs = tuple(sorted(study.inputs.items()))
        tasks = [Task(number, inputs, draws, luck) for draws in blocks]
        handed: dict[int, tuple[Helper, Answer]] = {}
        kept: dict[int, Outcome] = {}
        waiting = list(range(len(tasks)))
        for place, task in enumerate(tasks):
            while waiting and place not in kept:
                self._hand_out(tasks, waiting, handed)
                if place in handed and (handed[place][1].done() or not waiting):
                    break
                if waiting:
                    mine = waiting.pop(0)
                    kept[mine] = live_block(study, tasks[mine].draws, luck)
            found = kept.pop(place, None)
            if found is None:
                helper, answer = handed.pop(place)
                found = helper.wait_for(answer)
            yield found or live_block(study, task.draws, luck)

    def _hand_out(
        self,
        tasks: Sequence[Task],
        waiting: list[int],
        handed: dict[int, tuple[Helper, Answer]],
    ) -> None:
        """Give each helper the next block, and one to go on with while there are many."""
        for helper in self.helpers:
            busy = sum(h is helper and not answer.done() for h, answer in handed.values())
            ahead = 2 if len(waiting) > 2 * len(self.helpers) else 1
            while waiting and helper.is_there and busy < ahead:
                place = waiting.pop(0)
                handed[place] = helper, helper.ask(tasks[place])
                busy += 1


@contextmanager
def crew(studies: Sequence[Study], *, workers: int) -> Iterator[Crew]:
    """A crew of this many workers, the asking process among them."""
    with called([study.path for study in studies], workers=workers) as helpers:
        yield Crew(tuple(studies), helpers)


@contextmanager
def called(paths: Sequence[str], *, workers: int) -> Iterator[tuple[Helper, ...]]:
    """Helpers that open the studies in these files, called before they are wanted."""
    helpers: list[Helper] = []
    try:
        if workers > 1:
            with _deaf_to_interruption():
                for _ in range(workers - 1):
                    helpers.append(Helper(paths))
        yield tuple(helpers)
    finally:
        for helper in helpers:
            helper.end()


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


def _serve(line: Connection, paths: Sequence[str]) -> None:
    """Live blocks in a helper process until the line is cut."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    studies = _opened(paths)
    try:
        while True:
            line.send(_answer(studies, line.recv()))
    except (EOFError, OSError):
        return


def _opened(paths: Sequence[str]) -> list[Study]:
    """The studies; none if one cannot be opened."""
    from promo.study import load_study

    try:
        return [load_study(path) for path in paths]
    except PromoError:
        return []


def _answer(studies: Sequence[Study], task: Task) -> Outcome | None:
    """Live a block; None if its study is not the same here, or it fails: who asked finds out."""
    if task.study >= len(studies):
        return None
    study = studies[task.study]
    if tuple(sorted(study.inputs.items())) != task.inputs:
        return None
    try:
        return live_block(study, task.draws, task.luck)
    except Exception:  # who asked lives the block again, and tells of it
        return None
