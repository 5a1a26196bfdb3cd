"""What is wrong, where exactly, and what to type instead: findings as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promo.errors import Diagnostic

if TYPE_CHECKING:  # a check that finds nothing new brings in nothing
    from promo.report.words import Language

# Control characters in a faulty file must not steer the terminal that shows it.
_UNSAFE = dict.fromkeys(
    [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd"
)

# What each code means, said before the message, which names the thing itself.
IN_CHINESE: dict[str, str] = {
    "T001": "文件打不开",
    "T002": "文件超过 1 MiB",
    "T003": "文字不是 UTF-8 编码",
    "T004": "不是文本文件",
    "T005": "空文件",
    "Y001": "YAML 写法有误",
    "Y002": "不用锚点和引用",
    "Y003": "不用标签",
    "Y004": "一个文件只写一份",
    "Y005": "嵌套超过 32 层",
    "Y006": "键重复",
    "Y007": "键不是普通的词",
    "K101": "不认识的键",
    "K102": "缺少键",
    "K103": "此处要写另一种结构",
    "V201": "值的类型不对",
    "V202": "没有这个日期或时刻",
    "V203": "比率不在 0 到 100% 之内",
    "V204": "终点早于起点",
    "V205": "数太大",
    "V206": "不是可选的词",
    "V207": "数字带了单位",
    "V208": "全角字符",
    "V209": "范围不含取值",
    "V210": "名称写法不对",
    "V211": "数值超出可能的范围",
    "C301": "条件读不懂",
    "C302": "条件里不能这样写",
    "C303": "不认识的事实",
    "C304": "类型对不上",
    "C305": "条件太长、太深或项太多",
    "R401": "自相矛盾",
    "R402": "没有人能领到的补贴",
    "R403": "不拒绝任何人的条件",
    "R404": "分档重叠或次序不对",
    "R405": "分档有空缺",
    "R406": "引用了没有写出的名称",
    "R407": "没有列入合计的补贴",
    "R408": "没有补贴从中支出的资金池",
    "R409": "排队时点晚于占用时点",
    "R410": "同名写了两次",
    "R411": "没有资金来源的补贴",
    "R412": "份额合计不是 100%",
    "R413": "同一产出算了两次",
    "R414": "全国的乘数用在了城市",
    "R415": "产能低于基本负荷",
    "R416": "互斥的补贴可同时领到",
    "R417": "两个变体写法相反",
    "R418": "没有规则用到的事实",
    "R419": "人人满足的补贴条件",
    "R420": "推演必须先定的事项",
    "R421": "资金池或修订的次序不对",
    "R422": "什么也没改的修订",
    "R423": "有的日子名单是空的",
    "R424": "消费券没有固定面额",
    "R425": "不起作用的情景或稳产措施",
    "R426": "生产线写了没有销售的车型",
    "E601": "算例不成立",
    "E602": "平常的申请没有通过",
    "S701": "公布的数没有出处",
    "S702": "只有本地产的车能领",
    "S703": "办法没有规定",
    "G751": "购车人的反应超出一切见过的反应",
    "G752": "结果超出已公布的反应所能解释",
    "P801": "找不到所指的文件",
    "P802": "路径出了活动文件夹",
    "P803": "销量尚未导入",
    "P804": "文件扩展了自己",
    "D901": "缺少列",
    "D902": "值的类型不对",
    "D903": "行的数值越界",
}


def safe(text: str) -> str:
    """The text without signs that would steer a terminal."""
    return text.translate(_UNSAFE)


FINDINGS_SCHEMA = "promo/findings/1"


def located(finding: Diagnostic, language: Language = "en") -> str:
    """The line that editors and people can follow: `file:line:column: CODE message`.

    >>> located(Diagnostic("a.yaml", 3, 4, "K101", "unknown key 'buget'"), "zh")
    'a.yaml:3:4: K101 不认识的键“buget”'
    >>> located(Diagnostic("a.yaml", 3, 4, "E601", "it fails", within="b.yaml"))
    'a.yaml:3:4: E601 it fails (in b.yaml, which extends it)'
    """
    message = finding.message
    note = "warning: " if finding.severity == "warning" else ""
    if language == "zh":
        note, message = "提醒：" if note else "", _chinese_message(finding)
    place = f"{finding.file}:{finding.line}:{finding.column}"
    if finding.within:
        message += (
            f"（见于扩展它的 {finding.within}）"
            if language == "zh"
            else f" (in {finding.within}, which extends it)"
        )
    return f"{place}: {finding.code} {note}{message}".translate(_UNSAFE)


def _chinese_message(finding: Diagnostic) -> str:
    """The whole sentence in Chinese, or at least its kind before the sentence as it is."""
    from promo.report.finding_words import in_chinese

    chinese = in_chinese(finding.message)
    if chinese != finding.message:
        return chinese
    kind = IN_CHINESE.get(finding.code, "")
    return f"{kind}：{finding.message}" if kind else finding.message


def underlined(finding: Diagnostic, *, width: int) -> list[str]:
    """The line of the file and a caret under the fault, aligned on the screen.

    Columns count characters; on the screen a Chinese character is two cells wide, so both the
    indent and the length of the caret are counted in cells. A long line is shown around its fault.

    >>> finding = Diagnostic("a.yaml", 3, 4, "Y001", "", text="预算 10", length=2)
    >>> underlined(finding, width=60)
    ['  3 | 预算 10', '    |      ^^']
    """
    from rich.cells import cell_len

    gutter = f"  {finding.line} | "
    text = finding.text.rstrip("\r\n").replace("\t", " ").translate(_UNSAFE)
    if not text.strip():
        return []
    text, column = _shortened(text, finding.column, width - len(gutter))
    indent = " " * cell_len(text[: column - 1])
    faulty = text[column - 1 : column - 1 + max(1, finding.length)]
    room = max(1, width - len(gutter) - len(indent))
    caret = "^" * min(room, max(1, cell_len(faulty)))
    blank = " " * (len(gutter) - 2) + "| "
    return [gutter + text, blank + indent + caret]


def _shortened(text: str, column: int, room: int) -> tuple[str, int]:
    """The part of a long line around its column, and the column within that part."""
    from rich.cells import cell_len

    if len(text) <= 4 * room and cell_len(text) <= room:
        return text, column
    # A letter is a cell or two: whatever is farther from the column cannot be seen.
    start = max(0, column - 1 - room)
    while cell_len(text[start : column - 1]) > room // 2:
        start += 1
    kept = text[start : start + room]
    lead = "..." if start else ""
    while cell_len(lead + kept) > room - 3:
        kept = kept[:-1]
    return f"{lead}{kept}...", column - start + len(lead)


def as_text(finding: Diagnostic, *, width: int, language: Language = "en") -> str:
    """One finding as a person reads it."""
    lines = [located(finding, language), *underlined(finding, width=width)]
    if finding.help:
        lines.append(_advice(finding.help, language).translate(_UNSAFE))
    return "\n".join(lines)


def _advice(help: str, language: Language) -> str:
    """The help line.

    >>> _advice("write '100000'", "zh"), _advice("did you mean 'issuers'?", "zh")
    ("  提示：请写 '100000'", "  提示：是否想写 'issuers'？")
    """
    if language == "en":
        return f"  help: {help}"
    from promo.report.finding_words import in_chinese

    return f"  提示：{in_chinese(help)}"


def as_json(findings: Sequence[Diagnostic], *, files: int, examples: int) -> dict[str, object]:
    """The public object of `promo check --json`."""
    return {
        "schema": FINDINGS_SCHEMA,
        "files": files,
        "examples": examples,
        "findings": [
            {
                "file": finding.file,
                "line": finding.line,
                "column": finding.column,
                "code": finding.code,
                "severity": finding.severity,
                "message": finding.message,
                "help": finding.help,
                **({"within": finding.within} if finding.within else {}),
            }
            for finding in findings
        ],
    }


def summary(*, findings: int, files: int, examples: int, language: str) -> str:
    """The last line of a check: how much was looked at and what came of it.

    >>> summary(findings=0, files=4, examples=12, language="en")
    '0 findings in 4 files, 12 examples hold'
    """
    if language == "zh":
        return f"{files} 个文件，{findings} 个问题，{examples} 个示例成立"
    return (
        f"{_counted(findings, 'finding')} in {_counted(files, 'file')}, "
        f"{_counted(examples, 'example')} {'holds' if examples == 1 else 'hold'}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
