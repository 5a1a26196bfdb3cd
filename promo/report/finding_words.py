"""How are findings said in Chinese? One line a sentence of the program, with its blanks.

A blank is `{}`; what fills it is said in Chinese too where the program's own words fill it, and
stays as it is where the analyst's do. A sentence without a line here stays English; a test lists
it.
"""

from __future__ import annotations

import functools
import re

from promo.demand.published import LEVERS

SENTENCES: dict[str, str] = {
    # kinds of entries and values, which fill blanks of other sentences
    "a mapping": "“键: 值”的一组",
    "a list": "一个列表",
    "an empty list": "空列表",
    "an empty entry": "空的一项",
    "a plain value": "一个普通的值",
    "something else": "别的写法",
    "a text": "文字",
    "a number": "数字",
    "an amount of money": "金额",
    "a day": "日期",
    "a moment": "时刻",
    "true or false": "是或否",
    "'{}' ({})": "“{}”({})",
    "refused ({})": "不予通过({})",
    "incomplete ({})": "材料不全({})",
    "waiting ({})": "尚未到期({})",
    "undeclared ({})": "办法未规定({})",
    "approved (None)": "通过",
    "approved (True)": "通过",
    "approved (False)": "不通过",
    "unpublished (True)": "通过而金额未公布",
    "approved with {} yuan": "通过，金额 {} 元",
    "{} yuan": "{} 元",
    # against published responses
    "{} makes buyers respond as nobody was ever seen to: {} = {}": "{} 使购车人的反应前所未见："
    "{} = {}",
    "no published response explains {} = {}, beyond {}": "已公布的反应都解释不了：{} = {}，"
    "超过 {}",
    "published are {} to {} [{}; {}]; stay within {} to {}": "已公布的为 {} 至 {}（{}，{}）；"
    "请取在 {} 至 {} 之间",
    "published are {} to {} [{}; {}]; look first at {}": "已公布的为 {} 至 {}（{}，{}）；"
    "请先看 {}",
    "literature {}": "文献 {}",
    **{lever.words.en: lever.words.zh for lever in LEVERS.values()},
    **{each.study.en: each.study.zh for lever in LEVERS.values() for each in lever.published},
    # files
    "cannot read this file: {}": "打不开：{}",
    "No such file or directory": "没有这个文件或文件夹",
    "Permission denied": "没有权限",
    "Is a directory": "这是文件夹",
    "Not a directory": "路径中有一段不是文件夹",
    "File name too long": "文件名太长",
    "Too many levels of symbolic links": "链接绕成了圈",
    "Input/output error": "读写出错",
    "not readable": "读不出来",
    "there is no revision '{}'": "没有版本“{}”",
    "revision {} holds no file '{}'": "版本 {} 里没有文件“{}”",
    "there is no such file, and no git repository here": "没有这个文件，此处也不是 git 仓库",
    "there is no such file, and git cannot be run": "没有这个文件，git 也无法运行",
    "'{}' extends this file": "“{}”又引用了本文件",
    "remove one of the two 'extends'": "请去掉其中一处 extends",
    "YAML: a full-width colon behind a key": "YAML：键后面用了全角冒号",
    "write a plain ':' and a blank": "请改为半角“:”，其后空一格",
    "the file is larger than 1 MiB": "文件超过 1 MiB",
    "larger than 1 MiB": "超过 1 MiB",
    "large tables belong into CSV or Parquet files": "大表请放进 CSV 或 Parquet 文件",
    "the text is UTF-16, not UTF-8": "文字是 UTF-16 编码，不是 UTF-8",
    "save it as UTF-8: in Excel or Notepad choose the encoding 'UTF-8'": "请另存为 UTF-8："
    "在 Excel 或记事本里选择编码“UTF-8”",
    "save it as UTF-8: in Notepad choose 'Save as', encoding 'UTF-8'": "请另存为 UTF-8："
    "记事本“另存为”，编码选“UTF-8”",
    "this is not a text file": "这不是文本文件",
    "the text is not UTF-8, nor GB18030": "文字既不是 UTF-8，也不是 GB18030",
    "the text is not UTF-8; it reads as GB18030 (GBK)": "文字不是 UTF-8，像是 GB18030(GBK)",
    "the file is empty": "文件是空的",
    "the file says nothing": "文件里什么也没写",
    "copy an example with 'promo init'": "可用 promo init 复制一份示例",
    "keep linked files in the folder '{}'": "所指文件须放在文件夹“{}”里",
    "there is no file '{}'": "没有文件“{}”",
    "'{}' leaves the campaigns": "“{}”出了活动文件夹",
    "{} exists and is not empty": "{} 已存在且不是空的",
    "choose another folder": "请换一个文件夹",
    "{} exists and is not empty; nothing was written": "{} 已存在且不是空的；什么也没写",
    "name another folder: promo init my-kaifeng": "请换个名字：promo init my-kaifeng",
    "{} is {}, not a campaign": "{} 是{}，不是活动文件",
    "name the campaign's file, such as kaifeng/2022-q4.yaml": "请写活动文件的名称，"
    "如 kaifeng/2022-q4.yaml",
    "{} exists; nothing was written": "{} 已存在；什么也没写",
    "name a new file with --out, or remove it": "请用 --out 另起文件名，或先删除它",
    "{} exists and is not an empty folder; nothing was written": "{} 已存在且不是空文件夹；"
    "什么也没写",
    "name a new folder with --out": "请用 --out 另起文件夹名",
    "{} cannot be made in {}; nothing was written": "{1} 里建不了 {0}；什么也没写",
    "cannot write {}: {}; nothing was left behind": "写不了 {}：{}；没有留下半成品",
    "cannot write {}: {}": "写不了 {}：{}",
    # extending and revisions
    "'{}' is set differently in {} and {}": "“{}”在 {} 和 {} 里写得不一样",
    "set it in {}, or in one of them only": "请在 {} 里写定，或只在其中一个里写",
    "the name of a file was expected here, or a list of names": "此处要写文件名，或文件名的列表",
    "'{}' lies behind more than {} files, or is one of too many": "“{}”前面已有超过 {} 个文件，"
    "或文件太多",
    "at most {} files in a row, {} in all": "最多连续 {} 个，共 {} 个",
    "a mapping was expected here": "此处要写“键: 值”的一组",
    "with this file, what is extended exceeds 1 MiB": "加上此文件，所扩展的内容超过 1 MiB",
    "a path begins at the top of the repository; './' begins here": "路径从仓库顶层算起；"
    "从此处算起请以 ./ 开头",
    "'{}' is no file of revision {}": "修订 {1} 里没有文件“{0}”",
    # YAML
    "YAML: {}": "YAML 读不懂：{}",
    "found a tab character that violates indentation": "缩进里有制表符",
    "found a tab character where an indentation space is expected": "该用空格缩进处有制表符",
    "found character that cannot start any token": "此处不能有这个字符",
    "found unexpected end of stream": "文件在引号内就结束了",
    "found unexpected document indicator": "引号内出现了“---”或“...”",
    "found unknown escape character": "双引号内不认识的转义符",
    "did not find expected hexdecimal number": "转义符后面应为十六进制数",
    "found invalid Unicode character escape code": "转义符不是字符",
    "did not find expected key": "此处应是一个键",
    "could not find expected ':'": "找不到应有的“:”",
    "did not find expected '-' indicator": "此处应以“- ”开头",
    "did not find expected ',' or ']'": "此处应有“,”或“]”",
    "did not find expected ',' or '}'": "此处应有“,”或“}}”",
    "did not find expected node content": "此处应有内容",
    "did not find expected <document start>": "此处文件应已结束",
    "did not find expected comment or line break": "此处应换行",
    "did not find expected alphabetic or numeric character": "此处应是字母或数字",
    "did not find expected whitespace or line break": "此处应空一格或换行",
    "mapping values are not allowed in this context": "此处不能再写“键: 值”",
    "mapping keys are not allowed in this context": "此处不能写键",
    "block sequence entries are not allowed in this context": "此处不能以“- ”开头",
    "check quotes, brackets, colons and indentation near this place": "检查附近的引号、括号、"
    "冒号和缩进",
    "indent with spaces, not with a tab": "缩进用空格，不用制表符",
    "write a plain ':' in place of the full-width '：' in line {}": "把第 {} 行的全角“：”"
    "改为半角“:”，其后空一格",
    "a character that cannot stand in a text file: {}": "文本文件里不能有的字符：{}",
    "delete it": "请删去",
    "an alias '*{}'": "引用“*{}”",
    "an anchor '&{}'": "锚点“&{}”",
    "write the value out here": "请把值直接写在这里",
    "remove '&{}'; values are written out where they stand": "请删去“&{}”；值写在用到的地方",
    "a tag '{}'": "标签“{}”",
    "remove the tag": "请删去标签",
    "a key must be a plain word": "键必须是普通的词",
    "quote texts that begin with [ or {": "以 [ 或 {{ 开头的文字请加引号",
    "a merge key '<<'": "合并键“<<”",
    "write the entries out here": "请把各项直接写在这里",
    "the key '{}' stands twice (first in line {})": "键“{}”写了两次(先在第 {} 行)",
    "keep one of them": "请只留一个",
    "this entry is nested deeper than {}": "此项嵌套超过 {} 层",
    "a second document starts here": "这里开始了第二份文件",
    "one file holds one document: remove the line '---'": "一个文件只写一份：请删去“---”这一行",
    # keys and kinds
    "unknown key '{}'": "不认识的键“{}”",
    "the key '{}' is missing here": "这里缺少键“{}”",
    "the key '{}' or '{}' is missing here": "这里缺少键“{}”或“{}”",
    "the key '{}', '{}' or '{}' is missing here": "这里缺少键“{}”“{}”或“{}”",
    "the outcome is missing here: amount, refused or incomplete": "这里缺少结果：amount、refused "
    "或 incomplete",
    "one of the keys {} is missing here": "这里缺少以下键之一：{}",
    "one of '{}', '{}' or '{}' is expected here": "这里要写“{}”“{}”“{}”之一",
    "{} was expected, not {}": "应为{}，现为{}",
    "a plain value was expected, not {}": "应为一个普通的值，现为{}",
    "'{}' is not allowed here": "此处不能写“{}”",
    "'{}' is said already": "“{}”已经写过",
    "write either '{}' or '{}'": "“{}”和“{}”只写一个",
    "write either '{}' or '{}' and '{}'": "“{}”或“{}”加“{}”，只写一种",
    "or write '{}' and '{}'": "或写“{}”和“{}”",
    "a mapping of facts was expected": "应为“事实: 值”的一组",
    # numbers, days, words
    "a number was expected, not '{}'": "应为数字，现为“{}”",
    "a number was expected, nothing is written here": "应为数字，这里什么也没写",
    "'{}' is not a plain number": "“{}”不是普通写法的数字",
    "'{}' carries a unit": "“{}”带了单位",
    "the number '{}' is too large": "数“{}”太大",
    "the number '{}' is too large for one car": "一辆车不会有“{}”这么多",
    "check the digits": "请核对位数",
    "write at most {}": "最多写 {}",
    "an amount of money below zero: {}": "金额小于零：{}",
    "'{}' has parts of a fen": "“{}”不足一分",
    "write at most two decimals": "最多写两位小数",
    "a rate below 0 %: {}": "比率小于 0%：{}",
    "a rate above 100 %: {}": "比率大于 100%：{}",
    "write '{}%'": "请写 '{}%'",
    "write '100%' or less": "请写 '100%' 或更小",
    "write '{}' or less": "请写 '{}' 或更小",
    "write a share such as '5%'": "请写比率，如 '5%'",
    "the rate '{}' is finer than 0.01 %": "比率“{}”细于 0.01%",
    "a factor below zero: {}": "倍数小于零：{}",
    "a whole number was expected, not '{}'": "应为整数，现为“{}”",
    "true or false was expected, not '{}'": "应为 true 或 false，现为“{}”",
    "write 'true' or 'false'": "请写 'true' 或 'false'",
    "'{}' is not possible here": "此处不可能是“{}”",
    "write {} to {}": "请写 {} 至 {}",
    "write {}": "请写 {}",
    "write '{}'": "请写 '{}'",
    "write '{}' or '{}'": "请写 '{}' 或 '{}'",
    "write '{}', the last day of that month": "请写 '{}'，那个月的最后一天",
    "write '{}', '{}', '{}' or '{}'": "请写 '{}'、'{}'、'{}' 或 '{}'",
    "write {} if 万元 was meant": "若指万元，请写 {}",
    "write {} without quotes": "{} 不加引号",
    "write '{}' in quotes": "'{}' 请加引号",
    "write a text in quotes: '{}'": "文字要加引号：'{}'",
    "write one value behind the key": "键后面只写一个值",
    "write the entries in brackets, or below the key with '- ' before each": "请写在方括号里，"
    "或在键的下面逐行以“- ”开头",
    "write entries 'key: value' below the key": "请在键的下面逐行写“键: 值”",
    "write [{}]": "请写 [{}]",
    "write the day, such as DATE '2022-11-01'": "日期这样写：DATE '2022-11-01'",
    "write a day as DATE '2022-11-01'": "日期这样写：DATE '2022-11-01'",
    "write a day as '2022-11-01'": "日期这样写：'2022-11-01'",
    "the day {} does not exist": "没有这一天：{}",
    "the day '{}' does not exist": "没有这一天：{}",
    "a day was expected, not '{}'": "应为日期，现为“{}”",
    "'{}' lies outside {} to {}": "“{}”不在 {} 至 {} 之间",
    "check the year": "请核对年份",
    "a time was expected, not '{}'": "应为时刻，现为“{}”",
    "the time {} does not exist": "没有这个时刻：{}",
    "the month {} does not exist": "没有这个月：{}",
    "a month was expected, not '{}'": "应为月份，现为“{}”",
    "write it as '2022-10'": "请写成 '2022-10'",
    "a text was expected, nothing is written here": "应为文字，这里什么也没写",
    "'{}' cannot be a name": "“{}”不能作名称",
    "use letters, digits and hyphens": "名称用字母(或汉字)、数字和连字符",
    "full-width characters in '{}'": "“{}”里有全角字符",
    "a range has two ends": "范围要有两端",
    "the range ends before it starts": "范围的终点小于起点",
    "swap its ends": "请把两端对调",
    "the range does not hold the assumed value": "范围里没有所假定的值",
    "write '{assumed: true, range: 50%..150%, why: ...}'": "请写 '{{assumed: true, range: "
    "50%..150%, why: ...}}'",
    "a mapping was expected, that says what is assumed": "此处要写明假定了什么",
    "only 'true' can stand here": "这里只能写 true",
    "'{}' is not a currency code": "“{}”不是币种代码",
    "'{}' is not a unit to round to": "“{}”不是取整的单位",
    "'{}' is not a warning": "“{}”不是提醒的代码",
    "{} is an error and cannot be silenced": "{} 是错误，不能静默",
    "mend it instead": "请改正它",
    "did you mean '{}'?": "是否想写 '{}'？",
    "known: {}": "可用的有：{}",
    # windows
    "the window ends before it starts": "期限的终点早于起点",
    "say when a purchase counts": "请写明购车以何时为准",
    "announced when no purchase counts any more": "公布时已没有购车能计入",
    "{} days from the announcement to the end": "从公布到结束共 {} 天",
    "a window without an end cannot be simulated": "没有终点的期限不能推演",
    "at most {} days can be simulated": "最多可推演 {} 天",
    "the pot closes before it opens": "资金池的结束早于开始",
    # conditions
    "a condition was expected, nothing is written here": "应为条件，这里什么也没写",
    "the condition cannot be read at '{}'": "条件从“{}”起读不懂",
    "longer than {} characters": "超过 {} 个字符",
    "split it into two conditions": "请拆成两个条件",
    "{} is not allowed in a condition": "条件里不能用：{}",
    "the alias '{}'": "别名“{}”",
    "NULL compares with nothing": "NULL 不能比较",
    "write IS NULL or IS NOT NULL": "请写 IS NULL 或 IS NOT NULL",
    "a literal stands alone": "单独写了一个值",
    "compare a fact with it": "请用一个事实与它比较",
    "a fact that is not true or false stands alone": "单独写了一个不是“是或否”的事实",
    "compare it, such as '= ...'": "请作比较，如 '= ...'",
    "'{}' between true and false": "“是或否”之间用“{}”",
    "an empty list or a subquery": "空列表或子查询",
    "only literals can stand in a list": "列表里只能写固定的值",
    "LIKE compares a text fact with a text": "LIKE 只用于文字事实与文字",
    "only % and _ can stand in a pattern": "样式里只能用 % 和 _",
    "IS with anything but NULL": "IS 后面不是 NULL",
    "unknown fact '{}'": "不认识的事实“{}”",
    "a minus sign before anything but a number": "负号后面不是数字",
    "arithmetic on anything but money, numbers and days": "对金额、数字、日期以外的东西加减",
    "a cast": "类型转换",
    "a moment cannot be counted in days": "时刻不能按天加减",
    "write DATE": "请写 DATE",
    "a day moves by whole days": "日期只能加减整天数",
    "only a day or a moment moves by an INTERVAL": "只有日期和时刻能加减 INTERVAL",
    "move it by an INTERVAL, or take its day": "请用 INTERVAL 加减，或取它的日期",
    "a day moves by at most {} days": "日期最多加减 {} 天",
    "this INTERVAL cannot be read": "这个 INTERVAL 读不懂",
    "write INTERVAL '1 year', '6 months' or '90 days'": "请写 INTERVAL '1 year'、'6 months' "
    "或 '90 days'",
    "{} is compared with {}": "拿{}与{}比较",
    "an amount of money with parts of a fen": "金额不足一分",
    "'{}' is never '{}'": "“{}”不会是“{}”",
    "'{}' is in yuan; {} yuan is no price of a car": "“{}”以元为单位；{} 元不是一辆车的价钱",
    "a NOT that is not understood here": "这里的 NOT 读不懂",
    "quotation marks around {}": "{} 的引号不是半角单引号",
    "{} names a fact": "{} 在这里是事实的名称",
    "a comment inside a condition": "条件里的注释",
    "something is missing before '{}'": "“{}”前面缺了东西",
    "something is missing before '+'": "“+”前面缺了东西",
    "a list in parentheses was expected": "应为圆括号里的列表",
    "the clock ('{}') cannot be read in a condition": "条件里不能用当前时间(“{}”)",
    "the table '{}'": "表名“{}”",
    "a text starts here and does not end": "文字从这里开始，没有结束",
    "close it with '": "请用 ' 结束",
    "an invisible character ({})": "看不见的字符({})",
    "the full-width sign '{}'": "全角符号“{}”",
    "a chain of comparisons": "连写的比较",
    "put remarks into the file's own # lines": "说明请写在文件的 # 行里",
    "name the fact without a table": "事实不带表名",
    "write it more simply": "请写得简单些",
    "nested deeper than {}": "嵌套超过 {} 层",
    "more than {} items": "超过 {} 项",
    "keep the list in a file beside the campaign": "名单请放在活动旁的文件里",
    "join two comparisons with AND": "两个比较用 AND 连接",
    "write TRUE or FALSE": "请写 TRUE 或 FALSE",
    # benefits and combination
    "a campaign needs a benefit": "活动要有补贴",
    "say how benefits add up": "请写明各项补贴怎样相加",
    "a step is a list of two: [from, amount]": "一档写成两项：[起点, 金额]",
    "the floor is above the cap": "下限高于上限",
    "between 1 and {} steps are expected": "应有 1 至 {} 档",
    "this band does not start above the one before": "这一档的起点不高于上一档",
    "this step does not start above the one before": "这一级的起点不高于上一级",
    "the last band ends before it starts": "最后一档的终点低于起点",
    "a table needs amounts": "金额表是空的",
    "an empty list of benefits": "补贴列表是空的",
    "the benefit '{}' is never combined": "补贴“{}”没有列入合计",
    "name it under 'combine', or remove it": "请列在 combine 下，或删去",
    "'{}' is combined twice": "“{}”列入了两次",
    "a purchase can get this benefit and one before it: {}": "一次购车可以同时领到这一项"
    "和前面的一项：{}",
    "narrow one of them with 'when', or combine them with 'best_of'": "请用 when 收窄其中一项，"
    "或改用 best_of",
    "no eligible purchase gets the benefit '{}'": "没有合格的购车能领到补贴“{}”",
    "every eligible purchase fulfils the condition of '{}'": "每一笔合格的购车都满足“{}”的条件",
    "no eligible purchase reaches this band of '{}'": "没有合格的购车落在“{}”的这一档",
    "eligible purchases below the first band of '{}' get no amount: {}": "合格而低于“{}”第一档的"
    "购车没有金额：{}",
    "start lower, add a step [0, 0], or make the lower bound a condition": "请降低起点，"
    "加一档 [0, 0]，或把下限写成条件",
    "eligible purchases above the last band of '{}' get no amount: {}": "合格而高于“{}”最后一档的"
    "购车没有金额：{}",
    "add a step, or make the bound a condition": "请加一档，或把界限写成条件",
    # rules
    "'{}' is declared twice": "“{}”写了两次",
    "'{}' is not declared": "没有写出“{}”",
    "unknown pot '{}'": "没有资金池“{}”",
    "'{}' stands in line {}": "“{}”在第 {} 行",
    "'{}' stands in line {} of {}": "“{0}”在 {2} 的第 {1} 行",
    "list a later pot for these benefits, or write 'unused: lost'": "请为这些补贴列出后面的"
    "资金池，或写 unused: lost(余款作废)",
    "no purchase fulfils this condition": "没有购车能满足这个条件",
    "no purchase fulfils this condition and those before it": "没有购车能同时满足这个条件和"
    "前面的条件",
    "the condition '{}' refuses no one whom the others let pass": "其他条件放行的，条件“{}”"
    "一个也不拒绝",
    "remove it": "请删去",
    "no rule reads the fact '{}'": "没有规则用到事实“{}”",
    "remove it, or add the rule that asks for it": "请删去，或补上用到它的规则",
    "the amendment '{}' changes nothing": "修订“{}”什么也没有改",
    "the amendment '{}' governs from before '{}'": "修订“{}”的适用起点早于“{}”",
    "list amendments in the order of their days: the last that governs counts": "修订请按适用"
    "日期的先后排列：以最后一个适用的为准",
    "'{}' is no file of campaigns": "“{}”不是活动用的文件",
    "name a .yaml, .csv or .parquet file": "请写 .yaml、.csv 或 .parquet 文件",
    "'{}' is dated, so the key 'on' is needed here": "“{}”带日期，这里要写键 on",
    "a list holds 1 to {} names": "名单应有 1 至 {} 个名称",
    "'{}' leaves before it comes": "“{}”退出早于进入",
    # money
    "no pot pays the benefit '{}'": "没有资金池支付补贴“{}”",
    "name it under 'pays' of a pot": "请列在某个资金池的 pays 下",
    "all conditions together are longer than {} characters": "全部条件合计超过 {} 个字",
    "keep long lists in files beside the campaign": "长名单请放在活动文件旁的表格里",
    "a list holds at most {} different periods": "名单里不同的起止日期最多 {} 种",
    "at most {} entries are expected": "最多 {} 项",
    "at most {} levels of combinations are expected": "合并方式最多套 {} 层",
    "the pot '{}' opens before '{}'": "资金池“{}”早于“{}”开放",
    "list pots in the order in which they open": "资金池请按开放的先后排列",
    "no pot after '{}' pays the same benefits": "“{}”之后没有发放同一补贴的资金池",
    "'{}' names nobody on {}": "“{}”在 {} 没有列出任何名称",
    "'{}' is private money, listed beside the public": "“{}”是企业的钱，另列在财政资金之外",
    "remove it here, or remove its 'payer'": "请从这里删去，或删去它的 payer",
    "no pot holds the face {} of the benefit '{}'": "没有面额 {} 元的资金池支付补贴“{}”",
    "add a pot with this face, or one with an amount": "请加这种面额的资金池，或写总额的资金池",
    "nothing draws on the pot '{}'": "没有补贴从资金池“{}”支出",
    "no benefit of the pot '{}' is ever {}": "资金池“{}”的补贴从来不是 {} 元",
    "money without limit has no pots": "不限额的资金没有资金池",
    "at most {} pots are expected": "资金池最多 {} 个",
    "money is committed on {}, before {} is known": "资金在 {} 时占用，那时还不知道 {}",
    "the shares add up to {} %, not to 100 %": "份额合计 {}%，不是 100%",
    "the shares add up to {}, not to 100 %": "份额合计 {}，不是 100%",
    "a voucher must match an amount that has no fixed faces": "消费券要与之相符的金额没有固定面额",
    "name benefits of fixed amounts under 'for'": "请在 for 下列出定额的补贴",
    "the notice does not say what '{}' is": "办法没有规定“{}”",
    "ask the bureau; silence S703 with a reason if it stays open": "请向主管部门核实；"
    "确实未定的，写明理由静默 S703",
    "a simulation needs '{}' to be declared": "推演必须先定“{}”",
    "assume one, say so in a comment, and try the others with 'extends:'": "请先假定一种并注明，"
    "其余的用 extends 另写变体比较",
    # examples, sources, fairness
    "the ordinary case is {}": "平常的申请结果是：{}",
    "'{}': {} expected, but it is {}": "“{}”：应为{}，结果是{}",
    "the amount of the pot '{}' has no source": "资金池“{}”的金额没有出处",
    "the amount of the benefit '{}' has no source": "补贴“{}”的金额没有出处",
    "add 'source:' to the campaign or here": "请在活动或此处写 source",
    "only cars of local plants pass this condition (fair-competition review)": "只有本地产的车"
    "满足这个条件(公平竞争审查)",
    "a neutral test, such as energy, emissions or price, is open to every maker; check with "
    "counsel, or silence S702 with a reason": "可改用对各家企业一视同仁的"
    "条件，如动力、排放或价格；"
    "请征求法律意见，或写明理由静默 S702",
    # linked files and studies
    "name the market file": "请写市场文件的名称",
    "the benefits pay up to {} yuan for '{}', which costs {}": "补贴给“{1}”最多 {0} 元，"
    "而车价只有 {2} 元",
    "put a ceiling under 'combine', or leave the vehicle out by a condition": "请在 combine 下"
    "设封顶，或用条件把这款车排除",
    "unknown assumption '{}'": "不认识的假设“{}”",
    "{} of {} to {} is not possible": "{} 不可能取 {} 至 {}",
    "stay within {} to {}": "请在 {} 至 {} 之内",
    # market
    "no sales can be expected from {} on": "推不出 {} 起的销量",
    "the history needs sales in every month of the year, a plate quota some plates": "历史销量"
    "要覆盖每个月份，车牌限额要有车牌",
    "the month is a date column, or a year and a month column": "月份是一个日期列，或年、月两列",
    "write 'month: 开票日期' or 'month: {year: .., month: ..}'": "请写 'month: 开票日期' 或 "
    "'month: {{year: .., month: ..}}'",
    "add a column, or 'constants: {energy: ICE}'": "请加一列，或写 'constants: {{energy: ICE}}'",
    "lines count from 1 to {}": "行号从 1 到 {}",
    "'{}' is no attribute of a vehicle": "“{}”不是车辆的属性",
    "'{}' is a fact of the vehicle": "“{}”是车辆的事实",
    "'{}' is not a known fact": "“{}”不是已知的事实",
    "no such energy: '{}'": "没有这种动力：“{}”",
    "a table of at most {} words": "对照表最多 {} 个词",
    "nothing says the energy of the vehicles": "没有写明车辆的动力",
    "this pattern cannot be read, or has no group": "这个样式读不懂，或没有分组",
    "write a regular expression with one group, such as '^([A-Z]+)'": "请写带一个分组的正则"
    "表达式，如 '^([A-Z]+)'",
    "the shares of the buyer types add up to {} %, not to 100 %": "各类购车人的份额合计 {}%，"
    "不是 100%",
    "a yearly change of {}": "年变化 {}",
    "write a change such as '5%' or '-8%'": "请写变化率，如 '5%' 或 '-8%'",
    "{} months of sales": "{} 个月的销量",
    "sales are either generated or imported or published": "销量只有一种来源：生成、导入或公布",
    "keep exactly one of 'generated', 'imported' and 'published'": "generated、imported 和 "
    "published 只留一个",
    "an old car that is given up needs the fact 'trade_in'": "要交出旧车，须写事实 trade_in",
    "write 'trade_in: scrapped' or 'trade_in: sold' under 'facts'": "请在 facts 下写 "
    "trade_in: scrapped 或 trade_in: sold",
    "months follow each other without a gap, the oldest first": "各月应从早到晚依次相连，不缺月",
    "the buyer type '{}' is declared twice": "购车人类型“{}”写了两次",
    "it ends before it starts": "终点早于起点",
    "these sales are not imported yet": "这些销量尚未导入",
    "{}: these sales are not imported yet": "{}：这些销量尚未导入",
    "bring them in with: {}": "导入命令：{}",
    "there are no sales before {}": "{} 之前没有销量",
    "the market needs sales of at least three months before the announcement": "公布之前至少要有"
    "三个月的销量",
    "the vehicle '{}' stands twice": "车辆“{}”写了两次",
    "'{}' has {} {}": "“{}”的 {} 是 {}",
    # imported sales
    "{}: no such file": "{}：没有这个文件",
    "{}: the file is empty": "{}：文件是空的",
    "{}: this is not a text file": "{}：这不是文本文件",
    "{}: the text is neither UTF-8 nor GB18030": "{}：文字既不是 UTF-8，也不是 GB18030",
    "{}: broken {} text": "{}：{} 文字有破损",
    "{}: cannot be read: {}": "{}：打不开：{}",
    "{}: cannot be read as a table: {}": "{}：不能当作表格读：{}",
    "{}: cannot be read as Excel: {}": "{}：不能当作 Excel 读：{}",
    "{}: {} columns, more than {}": "{}：有 {} 列，超过 {} 列",
    "{}: a line without end": "{}：一行没有尽头",
    "{}: this is not a file of imported sales": "{}：这不是导入的销量文件",
    "save it again as 'CSV UTF-8' in Excel": "请在 Excel 里另存为“CSV UTF-8”",
    "save it as CSV or .xlsx": "请另存为 CSV 或 .xlsx",
    "one row a sale, one column a fact: is the table turned, or the separator wrong?": "一行一笔，"
    "一列一项：表是否转了向，或分隔符不对？",
    "check quotes and separators, or the first line with the names of the columns": "请检查引号、"
    "分隔符，或列名所在的第一行",
    "the file has no column '{}'": "文件里没有列“{}”",
    "the column '{}' is missing": "缺少列“{}”",
    "the column '{}' holds personal data; it is never stored": "列“{}”是个人信息，不予保存",
    "map another column, or name it under 'duplicates' to drop repeated rows": "请改用别的列，"
    "或写在 duplicates 下用于剔除重复行",
    "the column mapped to 'vehicle' holds single cars or persons, not vehicles": "对应 veh"
    "icle 的列"
    "是一辆辆车或人，不是车型",
    "map the model code (车辆型号), not the VIN": "请对应车辆型号，不要对应车辆识别代号",
    "no room for a UTF-8 copy of {}: {}": "没有空间存放 {} 的 UTF-8 副本：{}",
    "import the sales again with 'promo import'": "请用 promo import 重新导入销量",
    "check the map and its filter": "请检查列对照表及其筛选",
    "{} cells, but the header has {}": "有 {} 格，而表头有 {} 格",
    "this is not a table: {}": "这不是表格：{}",
    "check quotes and cells": "请检查引号和单元格",
    # manufacturers
    "an output multiplier above {} belongs to a nation": "大于 {} 的产出乘数是全国的",
    "a multiplier of {} belongs to a nation": "乘数 {} 是全国的",
    "give the city's own, usually 1.1 to 1.8, or a local share of inputs": "请写本市的，通"
    "常 1.1 至 "
    "1.8，或本地采购份额",
    "a city without its own table has about 1.1 to 1.8": "没有投入产出表的城市约为 1.1 至 1.8",
    "a week has no {} working days": "一周没有 {} 个工作日",
    "write 0.5 to 7": "请写 0.5 至 7",
    "{} hours of work a day": "一天工作 {} 小时",
    "a day has 24 hours": "一天只有 24 小时",
    "'{}' is given as published, without a source": "“{}”按已公布写，却没有出处",
    "add 'source:' beside it, or write {assumed: ..., range: [..], why: ...}": "请在旁边写 "
    "source，或写成 {{assumed: ..., range: [..], why: ...}}",
    "the lines build about {} cars a month, fewer than the base load": "生产线每月约造 {} 辆，"
    "少于基本负荷",
    "the plant can build nothing more for a campaign; check shifts and availability": "工厂不能"
    "为活动多造一辆；请核对班次和可用率",
    "'{}' and '{}' count the same suppliers twice": "“{}”和“{}”把同样的供应商算了两次",
    "keep one of the two": "请只留一个",
    "the line '{}' stands twice": "生产线“{}”写了两次",
    "'{}' is built in two groups of lines": "“{}”分在两组生产线里",
    "lines that share a model list the same models": "共线的生产线请列同样的车型",
    "'{}' stands twice": "“{}”写了两次",
    "the catalogue says that '{}' is built here, and no line builds it": "车型表说“{}”在此生产，"
    "却没有哪条生产线造它",
    "name it under a line, or correct 'made_in' in the catalogue": "请写到某条生产线的 models "
    "里，或更正车型表的 made_in",
    "{} is not in the year of the target, {}": "{} 不在目标的年份 {} 之内",
    "write a day from {} to {}": "请写 {} 到 {} 之间的一天",
    "cars built from {} to {} are counted nowhere": "{} 至 {} 生产的车没有计入",
    "say in 'built_so_far' what stood built on {}, and put that day into 'up_to'": "请在 "
    "built_so_far 写到 {} 为止已生产多少，并把这一天写进 up_to",
    "the year ends on {}, the days that are followed on {}": "全年到 {} 结束，推演只到 {}",
    "raise 'horizon_months' in the market's file": "请加大市场文件里的 horizon_months",
    "the shares of '{}' add up to {}, not to 100 %": "“{}”的各份额合计 {}，不是 100%",
    "'{}' goes to the plant from one supplier and not from another": "“{}”有的供应商供本厂，"
    "有的不供",
    "'takes_local' and 'takes_other' add up to {}": "takes_local 与 takes_other 合计 {}",
    "what is left of 100 % buys no car": "100% 中余下的部分不买车",
    "suppliers of one part have the same 'feeds'": "同一零部件的供应商，feeds 要相同",
    "no car of the catalogue that is built here is called '{}'": "车型表里本厂生产的车没有“{}”",
    "'{}' is built by '{}' already": "“{}”已由“{}”生产",
    "name under 'lines' which models each of the two builds": "请在 lines 写明两家各造哪些车型",
    "'{}' lies outside the days that are followed": "“{}”不在推演的日子之内",
    "these are {} to {}": "推演的日子是 {} 至 {}",
    "supply goes in a circle: {}": "供应关系成环：{}",
    "the last feeds the plant": "最后一家应直接供应本厂，不写 feeds",
    "'{}' ends before it starts": "“{}”结束早于开始",
    "'{}' is not declared in this file": "本文件没有声明“{}”",
    "write the share that is left, or 'delay_days' for roads": "请写剩余比例；道路封闭也可写 "
    "delay_days",
    "'{}' lowers what no supplier brings: it changes nothing": "“{}”压低的是供应，但没有列供应"
    "商，因此不起作用",
    "declare 'suppliers'": "请列出 suppliers(供应商)",
    "a measure that relaxes '{}' says by how much": "放宽“{}”的措施要写明放宽多少",
    "'{}' does not go with '{}'": "“{}”不适用于“{}”",
    "'{}' meets no scenario: it changes nothing": "“{}”没有对应的情景，不起作用",
    "check 'relaxes', 'against' and the days": "请核对 relaxes、against 和起止日期",
}


def in_chinese(sentence: str) -> str:
    """A sentence of the program in Chinese; what is not the program's stays as it is.

    >>> in_chinese("a whole number was expected, not '3.5'")
    '应为整数，现为“3.5”'
    >>> in_chinese("a mapping was expected, not 'x'"), in_chinese("no such sentence")
    ('应为“键: 值”的一组，现为“x”', 'no such sentence')
    """
    for pattern, chinese in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return chinese.format(*(in_chinese(each) for each in found.groups()))
    quoted = re.fullmatch(r"'([^']*)'", sentence)
    return f"“{quoted[1]}”" if quoted else sentence


@functools.cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The sentences as patterns, those with the most words of their own first."""
    by_words = sorted(SENTENCES.items(), key=lambda each: -len(each[0].replace("{}", "")))
    return [
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), chinese)
        for english, chinese in by_words
    ]
