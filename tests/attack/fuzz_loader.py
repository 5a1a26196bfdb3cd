"""Feed the loader and the checker with campaigns nobody would write, steered by what they reach.

    python tests/attack/fuzz_loader.py --minutes 30 --keep /tmp/fuzz

A file is a clean, broken or real campaign of this repository, changed: a value or some lines of
another file in its place, a word put for another, a line twice, a condition drawn by lot, bytes
changed. Runs with atheris if that is installed, else by itself. Whatever raises is kept under
`--keep`, one file for each place in the program where it raised, and so is what takes longer than
two seconds; the run says how many files were tried and how much of the program they reached.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SEEDS = ("tests/policy/clean/*.yaml", "tests/broken/*.yaml", "campaigns/*/*.yaml")
LISTS = {"dealers.csv": "name,from,to\n甲,,\n乙,2023-04-01,\n", "models.csv": "name\n山川甲\n"}
MOST_BYTES = 20_000
SLOW_SECONDS = 2.0
PATIENCE_SECONDS = 20

WORDS = """
    extends id title zh en issuers currency source illustrative market manufacturers windows
    announced order invoice registration claim from to before open eligibility when listed fact
    file on silence code why benefits pay share bands table uplift points of rate cap floor closed
    lower upper steps up_to amounts amount assumed range payer combine sum best_of exclusive
    per_car share_of money pots face count pays opens closes unused next_pot lost not_declared
    unlimited true false funding commit_on approval order_by order_time invoice_time claim_time
    last_yuan refuse part overspend rounding mode down half_up up priority allocation voucher
    must_match for lapsed to_pool lapsed_holder may_draw_again locked_out lottery seed draw_on
    reservation prove_within_days quotas per dealer maker model day max payout as cash red_packet
    coupon limits buyer household firm vin within campaign calendar_year lifetime identity
    id_number phone excludes holding months clawback full pro_rata none amendments by unless
    paid_claims top_up keep withdraws examples ordinary cases says facts refused incomplete waiting
    undeclared unpublished approved null AND OR NOT IN BETWEEN LIKE IS NULL DATE TIMESTAMP INTERVAL
    TRUE FALSE = <> < <= > >= + - ( ) , 0 1 -1 5% 100% 101% 0.01 50000 100000000 9999999999999 1e5
    2022-11-01 2024-02-29 2024-02-30 2022-12-31T24:00 2022-12-31T11:30:59 9999-12-31 0001-01-01 ''
    "" {} [] '{' '[' ' #' & * ! | > % @ ` ~ base dealers.csv models.csv ../x.csv
    01-price-bands-and-electric-bonus.yaml １０００ ＝ 开封 ' ' é 👍 \u200b \u202e \\u0000 \\ud800
    \ufeff
""".split()  # noqa: SIM905 - many words
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


# --- changing files ---------------------------------------------------------------------------


@dataclass
class Mutator:
    """Changes a campaign into another that nobody has seen, by what other files say."""

    seeds: list[str]
    values: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for text in self.seeds:
            for key, start, end in spans(text):
                self.values.setdefault(key, []).append(text[start:end].rstrip())

    def change(self, text: str, luck: random.Random) -> str:
        for _ in range(luck.choice((1, 1, 1, 1, 2, 3))):
            text = luck.choice(self.ways())(text, luck)[:MOST_BYTES]
        return text

    def ways(self) -> tuple[Callable[[str, random.Random], str], ...]:
        return (
            *[self.value_of_another] * 8,
            *[self.condition] * 5,
            *[self.number] * 2,
            self.any_value,
            self.word,
            self.word,
            self.words_moved,
            self.line_twice,
            self.lines_of_another,
            self.letter,
        )

    def value_of_another(self, text: str, luck: random.Random) -> str:
        """The value of a key as another file has it."""
        found = list(spans(text))
        if not found:
            return self.word(text, luck)
        key, start, end = luck.choice(found)
        return text[:start] + luck.choice(self.values.get(key, [""])) + text[end:]

    def any_value(self, text: str, luck: random.Random) -> str:
        """The value of any key in its place."""
        found = list(spans(text))
        if not found:
            return self.word(text, luck)
        _, start, end = luck.choice(found)
        values = self.values[luck.choice(list(self.values))]
        return text[:start] + luck.choice(values) + text[end:]

    def word(self, text: str, luck: random.Random) -> str:
        """Another word, one more or one less."""
        tokens = TOKEN.findall(text)
        place = luck.randrange(len(tokens) + 1)
        new = luck.choice(([], [luck.choice(WORDS)], [luck.choice((" ", "\n", ": ", ", "))]))
        tokens[place : place + luck.randrange(3)] = new
        return "".join(tokens)

    def words_moved(self, text: str, luck: random.Random) -> str:
        """Some words stand elsewhere, or there too."""
        tokens = TOKEN.findall(text)
        start, end = sorted(luck.randrange(len(tokens) + 1) for _ in range(2))
        part = tokens[start : min(end, start + 40)]
        if luck.random() < 0.5:
            del tokens[start : start + len(part)]
        place = luck.randrange(len(tokens) + 1)
        tokens[place:place] = part
        return "".join(tokens)

    def condition(self, text: str, luck: random.Random) -> str:
        """A condition drawn by lot."""
        found = [(start, end) for key, start, end in spans(text) if key in ("when", "unless")]
        if not found:
            return self.value_of_another(text, luck)
        start, end = luck.choice(found)
        return text[:start] + '"' + drawn(luck, 3) + '"' + text[end:]

    def line_twice(self, text: str, luck: random.Random) -> str:
        lines = text.split("\n")
        place = luck.randrange(len(lines))
        lines.insert(luck.randrange(len(lines)), lines[place])
        return "\n".join(lines)

    def lines_of_another(self, text: str, luck: random.Random) -> str:
        lines, other = text.split("\n"), luck.choice(self.seeds).split("\n")
        start = luck.randrange(len(other))
        place = luck.randrange(len(lines))
        lines[place : place + luck.randrange(3)] = other[start : start + luck.randrange(12)]
        return "\n".join(lines)

    def letter(self, text: str, luck: random.Random) -> str:
        place = luck.randrange(len(text) + 1)
        letter = chr(luck.choice((luck.randrange(128), luck.randrange(0x3000), 0xFF10)))
        return text[:place] + letter + text[place + luck.randrange(2) :]

    def number(self, text: str, luck: random.Random) -> str:
        """Another number: a neighbour, a giant, nothing."""
        found = list(re.finditer(r"\d+", text))
        if not found:
            return text
        match = luck.choice(found)
        value = int(match[0][:18])
        new = luck.choice((value + 1, max(value - 1, 0), 0, 10 * value, 10**13, 10**30, 1))
        return text[: match.start()] + str(new) + text[match.end() :]


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Every key of a YAML text with the place of its value; nothing where it is none."""
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    waiting: list[tuple[Any, str]] = [(root, "")] if root is not None else []
    seen: set[int] = set()
    while waiting:
        node, key = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield key, node.start_mark.index, node.end_mark.index
        if isinstance(node, yaml.MappingNode):
            waiting += [(value, str(name.value)[:40]) for name, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(value, key) for value in node.value]


def drawn(luck: random.Random, depth: int) -> str:
    """A condition drawn by lot, for the most part one that can be read."""
    from promo.schema import FACTS

    if depth and luck.random() < 0.5:
        parts = [drawn(luck, depth - 1) for _ in range(luck.randint(1, 3))]
        joined = luck.choice((" AND ", " OR ")).join(parts)
        return luck.choice(("({})", "NOT ({})", "{}")).format(joined)
    fact = FACTS[luck.choice(list(FACTS))]
    same = [each.name for each in FACTS.values() if each.type is fact.type]
    literals = {
        "text": [f"'{each}'" for each in (*fact.choices, "甲", "a%b_", "")],
        "number": ["0", "1.5", "5", "-3", "9999999999999", "0.000001"],
        "money": ["0", "50000", "50000.01", "9999999999999", "1000"],
        "day": ["DATE '2022-11-01'", "DATE '2024-02-29'", "DATE '9999-12-31'"],
        "moment": ["TIMESTAMP '2022-11-01 11:00:00'", "TIMESTAMP '2024-02-29 23:59'"],
        "flag": ["TRUE", "FALSE"],
    }[fact.type.value]
    one, other = (luck.choice((*literals, *literals, *same)) for _ in range(2))
    if fact.type.value in ("number", "money") and luck.random() < 0.3:
        one = f"{luck.choice(same)} {luck.choice('+-')} {one}"
    if fact.type.value in ("day", "moment") and luck.random() < 0.3:
        unit = luck.choice(("days", "months", "year", "weeks", "hours"))
        steps = luck.choice((1, 6, 99999))
        one = f"{luck.choice(same)} {luck.choice('+-')} INTERVAL '{steps} {unit}'"
    shape = luck.choice(
        (
            "{0} {3} {1}",
            "{0} {3} {1}",
            "{0} IN ({1}, {2})",
            "{0} BETWEEN {1} AND {2}",
            "{0} IS NULL",
            "{0} IS NOT NULL",
            "{0} LIKE '%{2}_'",
            "{0}",
        )
    )
    sign = luck.choice(("=", "<>", "<", "<=", ">", ">="))
    return shape.format(fact.name, one, other.strip("'") if "LIKE" in shape else other, sign)


# --- trying files -----------------------------------------------------------------------------


@dataclass
class Bench:
    """Tries files in a folder of campaigns and keeps what should not have happened."""

    keep: Path
    folder: Path
    explains: bool = False  # also the notice of what has no errors, and why each example is so
    tried: int = 0
    read: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    slow: int = 0
    explained: int = 0

    def __post_init__(self) -> None:
        clean = ROOT / "tests" / "policy" / "clean"
        shutil.copytree(clean, self.folder, ignore=shutil.ignore_patterns("made-*", "*.py"))
        for name, text in LISTS.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        self.keep.mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGALRM, too_slow)

    def attempt(self, content: bytes) -> None:
        """Check one file; an exception is kept, the first of each kind."""
        self.tried += 1
        begun = time.process_time()
        signal.alarm(PATIENCE_SECONDS)
        try:
            self.check(content)
        except Exception as error:  # whatever it is, it should not have come here
            self.note(content, error)
        finally:
            signal.alarm(0)
        if time.process_time() - begun > SLOW_SECONDS:
            self.slow += 1
            (self.keep / f"slow-{self.slow}.yaml").write_bytes(content)

    def check(self, content: bytes) -> None:
        from promo.policy.campaign import load_campaign
        from promo.policy.checking import check_campaign
        from promo.report import findings

        file = self.folder / "tried.yaml"
        file.write_bytes(content)
        loaded = load_campaign(str(file))
        found = (*loaded.diagnostics, *check_campaign(loaded))
        self.read += loaded.value is not None
        findings.as_json(found, files=1, examples=0)
        for each in found[:20]:
            for language in ("zh", "en"):
                findings.as_text(each, width=80, language=language)
            assert each.line >= 1
            assert each.column >= 1
        if self.explains and loaded.value and all(each.severity != "error" for each in found):
            self.explained += 1
            explain(loaded.value)

    def note(self, content: bytes, error: Exception) -> None:
        own = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if "promo" in frame.filename
        ]
        place = f"{Path(own[-1].filename).stem}-{own[-1].lineno}" if own else "elsewhere"
        name = f"{type(error).__name__}-{place}"
        self.kept[name] = self.kept.get(name, 0) + 1
        if self.kept[name] == 1:
            (self.keep / f"{name}.yaml").write_bytes(content)
            told = "".join(traceback.format_exception(error))
            (self.keep / f"{name}.txt").write_text(told, encoding="utf-8")
            say(f"raised: {name}: {str(error)[:200]}")

    def summary(self) -> str:
        return (
            f"{self.tried} files tried, {self.read} of them read as campaigns, "
            f"{self.explained} explained, "
            f"{len(self.kept)} kinds of exceptions {self.kept}, {self.slow} slow"
        )


def explain(campaign: Any) -> None:
    """Write the notice of a campaign and the traces of its examples, in both languages."""
    from promo.policy.explaining import explain_case
    from promo.policy.rules import compile_rules
    from promo.report.notice.outline import as_object
    from promo.report.notice.sections import notice
    from promo.report.notice.traces import case_outline

    rules = compile_rules(campaign)
    for language in ("zh", "en"):
        as_object(notice(rules, language))
    examples = campaign.examples
    for facts, pots in [({}, {}), *((case.facts, case.pots) for case in examples.cases[:8])]:
        purchase = examples.ordinary | facts
        trace = explain_case(rules, purchase, pots)
        case_outline(rules, purchase, trace, "zh")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def too_slow(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {PATIENCE_SECONDS} s")


def seeds() -> list[str]:
    files = [path for pattern in SEEDS for path in sorted(ROOT.glob(pattern))]
    texts = []
    for path in files:
        with contextlib.suppress(UnicodeDecodeError):
            text = path.read_text(encoding="utf-8")
            if len(text) < MOST_BYTES:
                texts.append(text)
    return texts


# --- steering ---------------------------------------------------------------------------------


def with_atheris(bench: Bench, mutator: Mutator, seconds: float) -> None:
    """Let libFuzzer choose what is tried next."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["promo"]):
        import promo.policy.campaign
        import promo.policy.checking
        import promo.report.findings  # noqa: F401
    corpus = bench.keep / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(mutator.seeds):
        (corpus / f"seed-{number:03}").write_text(text, encoding="utf-8")

    def changed(data: bytes, most: int, seed: int) -> bytes:
        luck = random.Random(seed)
        if luck.random() < 0.03:
            return bytes(atheris.Mutate(data, most))
        text = data.decode("utf-8", "replace")
        return mutator.change(text, luck).encode("utf-8", "surrogatepass")[:most]

    begun = time.monotonic()

    def target(data: bytes) -> None:
        bench.attempt(data)
        if bench.tried % 2_000 == 0:
            say(f"{time.monotonic() - begun:.0f} s: {bench.summary()}")

    arguments = [sys.argv[0], str(corpus), f"-max_total_time={int(seconds)}", "-rss_limit_mb=0"]
    arguments += [
        f"-max_len={MOST_BYTES}",
        "-timeout=120",
        "-print_final_stats=1",
        "-len_control=0",
    ]
    arguments += ["-mutate_depth=1", "-reduce_inputs=0", "-use_value_profile=0"]
    atheris.Setup(arguments, target, custom_mutator=changed)
    atheris.Fuzz()


def by_itself(bench: Bench, mutator: Mutator, seconds: float) -> None:
    """Keep every file that reaches a step from line to line for the first time."""
    luck, reached, corpus = random.Random(1), set[tuple[str, int, int]](), list(mutator.seeds)
    new: set[tuple[str, int, int]] = set()
    end, told = time.monotonic() + seconds, time.monotonic()

    def tracing(frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if "promo" not in file:
            return None
        last = frame.f_lineno

        def lines(inner: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            new.add((file, last, inner.f_lineno))
            last = inner.f_lineno
            return lines

        return lines

    waiting = list(corpus)
    while time.monotonic() < end:
        text = waiting.pop() if waiting else mutator.change(luck.choice(corpus), luck)
        new.clear()
        sys.settrace(tracing)
        try:
            bench.attempt(text.encode("utf-8", "surrogatepass"))
        finally:
            sys.settrace(None)
        if new - reached:
            reached |= new
            corpus.append(text)
        if time.monotonic() > told + 60:
            told = time.monotonic()
            say(f"{len(corpus)} files, {len(reached)} steps; {bench.summary()}")
    say(f"{len(corpus)} files, {len(reached)} steps; {bench.summary()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"))
    parser.add_argument("--explain", action="store_true", help="explain what has no errors")
    parser.add_argument("--alone", action="store_true", help="without atheris")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "campaigns" / "clean"
        bench = Bench(chosen.keep, place, explains=chosen.explain)
        mutator = Mutator(seeds())
        run = by_itself
        with contextlib.suppress(ImportError):
            import atheris  # noqa: F401

            run = by_itself if chosen.alone else with_atheris
        run(bench, mutator, 60 * chosen.minutes)


if __name__ == "__main__":
    main()
