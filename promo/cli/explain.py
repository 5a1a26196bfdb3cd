"""The command that explains: the rules as a notice, one purchase step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promo.cli import chinese, screen
from promo.cli.runs import refuse_other_kinds
from promo.cli.screen import JsonOption, LanguageOption, say
from promo.errors import InputError, OutputError, PromoError

if TYPE_CHECKING:
    from promo.policy.conditions import Plain
    from promo.policy.rules import Rules
    from promo.report.notice.outline import Outline

_ENDINGS = (".md", ".html", ".txt")
Campaign = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help=say("活动文件", "The campaign's file."))
]
FactsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--facts",
        metavar="FACT=VALUE",
        help=say(
            "说明一笔购车：与常例不同之处，可写多次；null 为缺材料",
            "Explain one purchase: what differs from the ordinary case; may be repeated; "
            "null is a missing paper.",
        ),
    ),
]
BareOption = Annotated[
    bool,
    typer.Option("--bare", help=say("不以常例为基础，没写的都算缺", "Without the ordinary case.")),
]
PopulationOption = Annotated[
    bool,
    typer.Option(
        "--population",
        help=say("每条规则影响多少车辆和资金", "What each rule costs, in cars and money."),
    ),
]
PotsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pots",
        metavar="POT=MONEY",
        help=say("资金池余额(元)，可写多次", "Money left in a pot; may be repeated."),
    ),
]
OutOption = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help=say("另存为新文件(.md/.html/.txt)", "Write a new file: .md, .html or .txt."),
    ),
]


def explain(  # noqa: PLR0913 - a command's options
    campaign: Campaign,
    *,
    facts: FactsOption = None,
    bare: BareOption = False,
    pots: PotsOption = None,
    population: PopulationOption = False,
    out: OutOption = None,
    json_output: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Say the rules as a notice, or why one purchase gets what it gets; or an enterprise's file.

    Example: promo explain campaigns/kaifeng/2022-q4.yaml --facts price=128000 --facts energy=BEV
    """
    reader = screen.chosen(language)
    _refuse_out(out)
    if _is_enterprise(campaign) and not (facts or pots or bare or population):
        _show_enterprise(campaign, out, reader, json_output=json_output)
        return
    refuse_other_kinds(campaign)
    if population:
        if facts or pots or bare:
            raise typer.BadParameter(
                say("--population 不与 --facts、--pots、--bare 同用", "--population stands alone")
            )
        _show_population(campaign, out, reader, json_output=json_output)
        return
    rules = _sound_rules(campaign)
    if facts is None and pots is None and not bare:
        from promo.report.notice.outline import as_object
        from promo.report.notice.sections import notice

        outline = notice(rules, reader)
        _show(outline, as_object(outline), out, json_output=json_output)
        return
    purchase = _purchase(rules, facts or [], reader, bare=bare)
    left = _money_left(rules, pots or [], reader)
    _show_case(rules, purchase, left, out, reader, json_output)


def _is_enterprise(path: str) -> bool:
    from promo.report import checkup

    return not Path(path).is_dir() and checkup.kind_of(Path(path)) == checkup.Kind.MANUFACTURER


def _show_enterprise(
    path: str, out: str | None, reader: screen.Language, *, json_output: bool
) -> None:
    """The file of an enterprise in which nothing is wrong, as a page."""
    from promo.production.manufacturer import load_manufacturer
    from promo.report.notice.enterprise import enterprise_object, enterprise_outline

    plant = load_manufacturer(path).required()
    outline = enterprise_outline(plant, reader)
    _show(outline, enterprise_object(plant, reader), out, json_output=json_output)


def _sound_rules(campaign: str) -> Rules:
    """The rules of a campaign in which nothing is wrong."""
    from promo.policy.campaign import load_campaign
    from promo.policy.checking import check_campaign
    from promo.policy.rules import compile_rules

    loaded = load_campaign(campaign)
    rules = compile_rules(loaded.required())
    errors = [each for each in check_campaign(loaded) if each.severity == "error"]
    if errors:
        raise InputError(errors)
    return rules


def _show_case(
    rules: Rules,
    purchase: Mapping[str, Plain | None],
    money_left: Mapping[str, int],
    out: str | None,
    reader: screen.Language,
    json_output: bool,  # noqa: FBT001
) -> None:
    from promo.policy.explaining import explain_case
    from promo.report.notice.traces import case_object, case_outline

    trace = explain_case(rules, purchase, money_left)
    outline = case_outline(rules, purchase, trace, reader)
    _show(outline, case_object(purchase, trace, reader), out, json_output=json_output)


def _show_population(
    campaign: str, out: str | None, reader: screen.Language, *, json_output: bool
) -> None:
    from promo.population import explain_population
    from promo.report.notice.losses import population_object, population_outline
    from promo.study import load_study

    study = load_study(campaign)
    losses = explain_population(study)
    outline = population_outline(study.stage.programme.rules, losses, reader)
    _show(outline, population_object(losses), out, json_output=json_output)


def _show(
    outline: Outline, content: dict[str, Any], out: str | None, *, json_output: bool
) -> None:
    from promo.report.notice import pages

    if out is not None:
        from promo import textfile

        ending = Path(out).suffix.lower()
        textfile.write_atomic(out, pages.WRITTEN[ending](outline).encode())
        screen.talk(f"已写入 {out}" if outline.language == "zh" else f"written: {out}")
    if json_output:
        screen.out(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
    elif out is None:
        screen.out(pages.as_text(outline, width=screen.width(), plain=screen.plain()))


def _refuse_out(out: str | None) -> None:
    if out is None:
        return
    if Path(out).suffix.lower() not in _ENDINGS:
        message = say("应以 .md、.html 或 .txt 结尾", "it must end in .md, .html or .txt")
        raise typer.BadParameter(f"{out}: {message}")
    if Path(out).exists():
        raise OutputError(
            f"{out} exists; nothing was written", help="name a new file with --out, or remove it"
        )


def _purchase(
    rules: Rules, written: Sequence[str], reader: screen.Language, *, bare: bool
) -> dict[str, Plain | None]:
    """The facts of the purchase: those of the ordinary case, but for what is written."""
    from promo.policy.examples import read_fact

    purchase = {} if bare else dict(rules.campaign.examples.ordinary)
    for name, value in _pairs(written):
        purchase[name] = _read(read_fact, name, value, reader)
    return purchase


def _money_left(rules: Rules, written: Sequence[str], reader: screen.Language) -> dict[str, int]:
    from promo.errors import did_you_mean
    from promo.quantities import money

    known = [pot.id for pot in rules.campaign.money.pots]
    found = {}
    for name, value in _pairs(written):
        if name not in known:
            raise PromoError(f"unknown pot '{name}'", help=did_you_mean(name, known))
        found[name] = _read(lambda _, text: money(text), name, value, reader)
    return found


def _pairs(written: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for each in written:
        name, sign, value = each.partition("=")
        if not sign:
            raise typer.BadParameter(
                say(f"'{each}' 应写成 名称=值", f"'{each}': write name=value")
            )
        pairs.append((name.strip(), value.strip()))
    return pairs


def _read(read: Any, name: str, value: str, reader: screen.Language) -> Any:
    """A value from its text; what is wrong with it is said as for a file."""
    from pydantic_core import PydanticCustomError

    try:
        return read(name, value)
    except PydanticCustomError as error:
        from promo.report.finding_words import in_chinese

        told = in_chinese if reader == "zh" else str
        context = error.context or {}
        raise PromoError(told(context["message"]), help=told(context["help"])) from None


def register(app: typer.Typer) -> None:
    """Add this command."""
    zh = "把规则写成通知(中文或英文)；或逐条说明一笔购车；或把企业文件写成企业档案"
    app.command("explain", cls=chinese.Command, help=screen.described(zh)(explain))(explain)
