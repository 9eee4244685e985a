"""Reads the texts of the lessons and says what is wrong with them, each fault as `notebook, cell: what`.

Five things are looked at, one in each run: `links`, `formulas`, `spelling`, `languages` and `glossary`. Nothing is
fetched from elsewhere. With `--self-test` in place of the folder, the check is tried on texts that are broken.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import mistune

# American forms, and the British ones that stand in the lessons. Names in code are as they are.
AMERICAN = {
    r"colors?|colored|coloring|colorful": "colour",
    r"behaviors?": "behaviour",
    r"centers?|centered|centering": "centre",
    r"grays?|grayish|grayscale": "grey",
    r"neighbors?|neighboring|neighborhoods?": "neighbour",
    r"favors?|favored|favorites?|favorable": "favour",
    r"flavors?|honors?|humor|labor|rumors?|vapor": "…our",
    r"liters?|fibers?|theaters?|meager|somber": "…re",
    r"catalogs?|analogs?": "…logue",
    r"defense|offense|pretense": "…ence",
    r"gotten": "got",
    r"skillful|fulfill|enroll": "skilful, fulfil, enrol",
    r"(label|model|travel|cancel|signal|total|level|tunnel)(ed|ing|er|ers)": "two l",
    r"\w+lyz(e|es|ed|er|ers|ing)": "…lyse",
    # The words that end in -ize in British English, too, come after the bar.
    r"(?!(?:pr|s|overs|unders|res)iz|seiz|capsiz)\w*[a-z]{2}iz(e|es|ed|er|ers|ing|able|ation|ations)": "…ise",
}

# What codespell takes for misspelled and is not, each with its reason. So far there is nothing.
SPELLED_RIGHT = {}

# What must not stand in the Chinese lessons, and the word that stands there for the same thing.
ONE_WORD_FOR_A_THING = {
    "notebook": "笔记本",
    "图像": "图片",
    "(?<!百)分数(?!字)": "得分",
    "主人": "所有者",
    "服装": "衣物",
    "服饰": "衣物",
    "套衫": "套头衫",
    "权值": "权重",
    "激励函数": "激活函数",
    "代价函数": "损失",
    "误差反传": "反向传播",
    "梯度递减": "梯度下降",
    "学习速率": "学习率",
    "回合": "轮",
    "批次": "批",
    "批处理": "批",
    "优化程序": "优化器",
    "过度拟合": "过拟合",
    "过适": "过拟合",
    "校验集": "验证集",
    "检验集": "测试集",
    "丢弃法": "随机失活",
    "暂退": "随机失活",
    "褶积": "卷积",
    "过滤器": "卷积核",
    "特征映射": "特征图",
    "汇聚": "池化",
    "步长": "步幅",
    "补零": "填充",
    "递归神经网络": "循环神经网络",
    "令牌": "词元",
    "记号": "词元",
    "词嵌入": "嵌入",
    "注意力机制": "注意力",
    "遮罩": "掩码",
    "蒙版": "掩码",
    "位置嵌入": "位置编码",
    "转移学习": "迁移学习",
    "数据增广": "数据增强",
    "数据扩充": "数据增强",
    "标准化": "归一化",
    "规范化": "归一化",
    "正规化": "归一化",
    "抽样": "采样",
    "正确率": "准确率",
    "准确度": "准确率",
    "精确度": "准确率",
    "混淆表": "混淆矩阵",
    "频道": "通道",
    "结构类型": "结构体",
    "数组切片": "切片",
    "第[一二三四五六七八九十]+课": "第 … 课",
}

READMES = ["README.md", "README.zh.md", "GLOSSARY.md", "data/README.md"]
FENCE = re.compile(
    r"^((?:[ \t]*(?:\d+[.)]|[-*+]))?[ \t]*)(```+|~~~+)[^\n]*\n.*?^[ \t]*\2[ \t]*$", re.MULTILINE | re.DOTALL
)
CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
DISPLAYED = re.compile(r"(?<!\\)\$\$(.*?)(?<!\\)\$\$", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$(?!\$)((?:[^$\\]|\\.)+?)\$", re.DOTALL)


@dataclass
class Cell:
    id: str
    kind: str
    source: str
    tags: list = field(default_factory=list)


@dataclass
class Text:
    """A notebook, or a file of Markdown, which is one cell."""

    path: Path
    name: str
    cells: list

    def markdown(self):
        return [cell for cell in self.cells if cell.kind == "markdown"]

    def code(self):
        return [cell for cell in self.cells if cell.kind == "code"]


class Lessons:
    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.languages = {
            language: [self.notebook(path) for path in sorted((self.folder / language).glob("*.ipynb"))]
            for language in ["en", "zh"]
        }
        for language, notebooks in self.languages.items():
            assert notebooks, f"there is no lesson in {self.folder / language}"
        files = [self.folder / name for name in READMES]
        self.files = [
            Text(path, str(path.relative_to(self.folder)), [Cell("text", "markdown", path.read_text("utf-8"))])
            for path in files
            if path.exists()
        ]

    def notebook(self, path):
        content = json.loads(path.read_text("utf-8"))
        cells = [
            Cell(cell["id"], cell["cell_type"], joined(cell["source"]), cell["metadata"].get("tags", []))
            for cell in content["cells"]
        ]
        return Text(path, str(path.relative_to(self.folder)), cells)

    def all(self):
        return self.languages["en"] + self.languages["zh"] + self.files


def joined(source):
    return source if isinstance(source, str) else "".join(source)


def without_code(markdown):
    """The text without fenced code and code spans; lines stay where they are."""

    def blank(match):
        return "\n" * match[0].count("\n") or " "

    return CODE_SPAN.sub(blank, FENCE.sub(blank, markdown))


def prose(markdown):
    """What a reader reads as words: no code, formulas, addresses and tags."""
    text = INLINE.sub(" ", DISPLAYED.sub(" ", without_code(markdown)))
    text = re.sub(r"\]\([^)\s]*\)", "]", text)
    text = re.sub(r"https?://\S+", " ", text)
    return re.sub(r"</?[a-zA-Z][^>]*>|&\w+;", " ", text)


# Links ---------------------------------------------------------------------------------------------------------------


def links_of(markdown):
    """The addresses of all links and pictures."""
    found = []

    def walk(tokens):
        for token in tokens:
            if token["type"] in ["link", "image"]:
                found.append(token["attrs"]["url"])
            if token["type"] in ["block_html", "inline_html"]:
                found.extend(re.findall(r"""(?:href|src)\s*=\s*["']([^"']*)["']""", token["raw"]))
            walk(token.get("children", []))

    # A link in an indented paragraph of a folded answer is a link, too.
    tokens, _ = mistune.create_markdown(renderer="ast", plugins=["table", "url"]).parse(markdown)
    walk(tokens)
    return found


def anchors_of(path):
    """The names that one can jump to in a file."""
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text("utf-8"))["cells"]
        markdown = "\n\n".join(joined(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    else:
        markdown = path.read_text("utf-8")
    anchors = set(re.findall(r"""\bid\s*=\s*["']([^"']+)["']""", markdown))
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*\s*$", FENCE.sub("", markdown), re.MULTILINE):
        heading = re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading)
        anchors.add(heading.replace(" ", "-"))  # as JupyterLab names it
        anchors.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))  # as GitHub does
    return anchors


def fault_of_link(text, address, root):
    if any(letter.isspace() for letter in address):
        return "has a space in it"
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 (a wrong one raises)
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme == "https":
        host = parts.hostname or ""
        if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", host) or parts.username is not None:
            return "names no host"
        return None
    if parts.scheme or parts.netloc:
        return "is neither https nor a file of the repository"
    path = (text.path.parent / unquote(parts.path)).resolve() if parts.path else text.path
    if parts.path.startswith("/") or not path.is_relative_to(root):
        return "leads out of the repository"
    if not path.exists() or not spelled_like_that(path):
        return "leads to no file"
    if parts.fragment and (path.is_dir() or unquote(parts.fragment) not in anchors_of(path)):
        return "leads to no heading"
    return None


def spelled_like_that(path):
    """Some systems find `Readme.md` when asked for `README.md`, and others do not."""
    return path.name in (entry.name for entry in path.parent.iterdir())


def check_links(lessons, _arguments):
    root = lessons.folder.parent
    for text in lessons.all():
        for cell in text.markdown():
            for address in links_of(cell.source):
                if fault := fault_of_link(text, address, root):
                    yield text, cell, f"the link {address!r} {fault}"
            for name in re.findall(r"\]\[([^\]\n]+)\]", without_code(cell.source)):
                if not re.search(rf"^ *\[{re.escape(name)}\]:", cell.source, re.MULTILINE):
                    yield text, cell, f"the link to [{name}] is nowhere defined"


# Formulas ------------------------------------------------------------------------------------------------------------

# The modules of MathJax in JupyterLab's files, brought to life without JupyterLab. They are found by what they give,
# because their numbers change with each version. Undefined commands and errors are meant to raise, so the packages
# that set them in red are left out; trees of proofs can only be understood while they are drawn.
MATHJAX = r"""
() => {
  const modules = {};
  for (const name of Object.keys(self).filter((name) => /[Cc]hunk_jupyterlab/.test(name))) {
    for (const [, chunk] of self[name]) Object.assign(modules, chunk);
  }
  const cache = {};
  const require = (id) => {
    if (!(id in cache)) {
      const module = (cache[id] = { exports: {} });
      if (!modules[id]) throw new Error('JupyterLab lacks the module ' + id);
      modules[id].call(module.exports, module, module.exports, require);
    }
    return cache[id].exports;
  };
  require.g = self;
  require.o = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  require.d = (exports, getters) => {
    for (const name in getters) Object.defineProperty(exports, name, { enumerable: true, get: getters[name] });
  };
  require.r = (exports) => Object.defineProperty(exports, '__esModule', { value: true });
  require.n = (module) => Object.assign(() => module, { a: module });
  const give = (name) => {
    const ids = Object.keys(modules).filter((id) => modules[id].toString().includes('.' + name + '=void 0'));
    for (const id of ids) if (require(id)[name]) return require(id)[name];
    throw new Error('JupyterLab has no ' + name);
  };
  const mathjax = give('mathjax');
  mathjax.handlers.register(new (give('HTMLHandler'))(give('browserAdaptor')()));
  const packages = give('AllPackages').filter((name) => !['noundefined', 'noerrors', 'bussproofs'].includes(name));
  const input = new (give('TeX'))({ packages, formatError: (_, error) => { throw error; } });
  const page = mathjax.document(document, { InputJax: input });
  self.fault = (formula, display) => {
    try {
      page.convert(formula, { display, end: 20 }); // STATE.COMPILED: understood, and not yet drawn
      return null;
    } catch (error) {
      return error.message;
    }
  };
}
"""


def mathjax_files():
    static = Path(sys.prefix) / "share/jupyter/lab/static"
    files = [path for path in sorted(static.glob("*.js")) if re.fullmatch(r"\d+\.\w+", path.stem)]
    assert files, f"there is no JupyterLab in {static}"
    return files


def check_formulas(lessons, arguments):
    from browser import FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        try:
            page = browser.new_page()
            page.route("**/*", lambda route: route.abort())
            chunks = (path.read_text("utf-8") for path in mathjax_files())
            page.add_script_tag(content="\n;\n".join("{" + chunk + "\n}" for chunk in chunks))
            page.evaluate(MATHJAX)
            for text in lessons.all():
                for cell in text.markdown():
                    for fault in faults_of_formulas(page, cell.source):
                        yield text, cell, fault
        finally:
            browser.close()


def faults_of_formulas(page, markdown):
    rest = without_code(markdown)
    for pattern, display in [(DISPLAYED, True), (INLINE, False)]:
        for formula in pattern.findall(rest):
            if "\n\n" in formula:
                yield f"an empty line in the formula {formula.strip()!r}: a dollar sign is missing before it"
            elif fault := page.evaluate("([formula, display]) => fault(formula, display)", [formula, display]):
                yield f"the formula {formula.strip()!r} cannot be set: {fault}"
        rest = pattern.sub(" ", rest)
    for line in rest.splitlines():
        if re.search(r"(?<!\\)\$", line):
            yield f"a dollar sign that belongs to no other in {line.strip()!r}"


# Spelling ------------------------------------------------------------------------------------------------------------


def comments_of(code):
    return "\n".join(text for kind, text in tokens_of(code) if kind == "comment")


def english(lessons):
    """All that is written in English, as (text, cell, words)."""
    texts = lessons.languages["en"] + [text for text in lessons.files if text.name in ["README.md", "data/README.md"]]
    for text in texts:
        for cell in text.cells:
            yield text, cell, prose(cell.source) if cell.kind == "markdown" else prose(comments_of(cell.source))
    for text in lessons.files:
        if text.name == "GLOSSARY.md":
            for cell in text.cells:
                yield text, cell, re.sub(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+", " ", prose(cell.source))


def check_spelling(lessons, _arguments):
    pieces = list(english(lessons))
    with tempfile.TemporaryDirectory() as folder:
        for number, (_, _, words) in enumerate(pieces):
            (Path(folder) / f"{number}.txt").write_text(words, "utf-8")
        command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", ",".join(SPELLED_RIGHT), folder]
        finished = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    # It exits with the number of faults, or 65 and more, so what it wrote says more.
    assert not finished.stderr and (finished.returncode == 0) == (not finished.stdout), finished
    for line in finished.stdout.splitlines():
        number, fault = re.fullmatch(r".*?(\d+)\.txt:\d+: (.+)", line).groups()
        text, cell, _ = pieces[int(number)]
        yield text, cell, fault
    for text, cell, words in pieces:
        for american, british in AMERICAN.items():
            for match in re.finditer(rf"\b(?:{american})\b", words, re.IGNORECASE):
                yield text, cell, f"{match[0]!r} is American; in British English it is written {british}"


# Languages -----------------------------------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<string> b?r(?P<hashes>\#*)".*?"(?P=hashes) | [bc]?"(?:[^"\\]|\\.)*" )
  | (?P<code> b?'(?:[^'\\]|\\(?:u\{[0-9a-fA-F]+\}|x..|.))' | '\w+ | \w+ | \s+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens_of(code):
    for match in TOKEN.finditer(code):
        kind = "comment" if match["comment"] else "string" if match["string"] else "code"
        if kind == "code" and match[0].isspace():
            continue
        yield kind, match[0]


def places_in(string):
    """What a text like `"{loss:.2}"` takes from the program."""
    return Counter(re.findall(r"\{[^{}]*\}", string.replace("{{", "").replace("}}", "")))


def comparable(code):
    """The code as it must be in both languages: words in texts may differ, and where lines break."""
    tokens = []
    for kind, text in tokens_of(code):
        if kind == "string":
            tokens.append(("text with", tuple(sorted(places_in(text).items()))))
        elif kind == "code" and not (text in ")]}" and tokens and tokens[-1] == ","):
            tokens.append(text)
        elif kind == "code":
            tokens[-1] = text  # A comma before the end is there only where lines break.
    return tokens


def shown(token):
    if isinstance(token, str):
        return repr(token)
    return "a text" + "".join(f" with {place}" for place, _ in token[1])


def check_languages(lessons, _arguments):
    english, chinese = ({text.path.name: text for text in lessons.languages[name]} for name in ["en", "zh"])
    for name in sorted(english.keys() ^ chinese.keys()):
        yield english.get(name) or chinese[name], None, "is there in one language only"
    for name in sorted(english.keys() & chinese.keys()):
        yield from differences(english[name], chinese[name])
    for text in lessons.languages["zh"] + [
        text for text in lessons.files if text.name in ["README.zh.md", "GLOSSARY.md"]
    ]:
        for cell in text.cells:
            yield from ((text, cell, fault) for fault in second_words(text, cell))


def differences(english, chinese):
    ids = [[(cell.id, cell.kind, cell.tags) for cell in text.cells] for text in [english, chinese]]
    if ids[0] != ids[1]:
        for one, two in zip(*ids):
            if one != two:
                yield chinese, Cell(two[0], two[1], ""), f"is {two}, and in English it is {one}"
                return
        yield chinese, None, f"has {len(ids[1])} cells, and in English there are {len(ids[0])}"
        return
    for one, two in zip(english.cells, chinese.cells):
        if one.kind == "code":
            tokens = [comparable(cell.source) for cell in [one, two]]
            if tokens[0] != tokens[1]:
                place = next((i for i, (a, b) in enumerate(zip(*tokens)) if a != b), min(map(len, tokens)))
                words = [shown(part[place]) if place < len(part) else "the end" for part in tokens]
                yield chinese, two, f"its code is another: {words[1]}, and in English {words[0]}"
        elif bool(one.source.strip()) != bool(two.source.strip()):
            yield chinese, two, "has a text in one language only"
        elif (levels := [re.findall(r"^#+(?= )", FENCE.sub("", cell.source), re.M) for cell in [one, two]]) and levels[
            0
        ] != levels[1]:
            yield chinese, two, f"its headings are {levels[1]}, and in English {levels[0]}"


def second_words(text, cell):
    if cell.kind == "markdown":
        words = prose(cell.source)
    else:
        words = "\n".join(part for kind, part in tokens_of(cell.source) if kind != "code")
    for pattern, right in ONE_WORD_FOR_A_THING.items():
        wrong = re.search(pattern, words)
        # The glossary and paths to files have English in them.
        if wrong and not (pattern.isascii() and (cell.kind == "code" or text.name == "GLOSSARY.md")):
            yield f"{wrong[0]!r} stands for what is {right!r} elsewhere"


# Glossary ------------------------------------------------------------------------------------------------------------


def rows_of_glossary(markdown):
    """The rows of its table: English, Chinese, what it is in English and in Chinese, and the lesson."""
    for line in markdown.splitlines():
        if line.startswith("|") and not re.match(r"\|[\s:|-]*\|$", line):
            yield [column.strip() for column in line.strip().strip("|").split("|")]


def check_glossary(lessons, _arguments):
    texts = [text for text in lessons.files if text.name == "GLOSSARY.md"]
    assert texts, "there is no GLOSSARY.md"
    glossary, cell = texts[0], texts[0].cells[0]
    _, *rows = rows_of_glossary(cell.source)
    assert rows, "GLOSSARY.md has no table"
    seen = {language: Counter() for language in ["en", "zh"]}
    last = -1
    for row in rows:
        if len(row) != 5 or not all(row):
            yield glossary, cell, f"the row {' | '.join(row)!r} has not five columns"
            continue
        term = {"en": row[0], "zh": row[1]}
        link = re.fullmatch(r"\[(\d+)\]\(en/(\d+)(-[\w-]+\.ipynb)\) · \[中\]\(zh/\2\3\)", row[4])
        if not link or int(link[1]) != int(link[2]):
            yield glossary, cell, f"{row[0]!r} names no lesson: {row[4]!r}"
            continue
        number = int(link[1])
        if number < last:
            yield glossary, cell, f"{row[0]!r} of lesson {number} stands after a term of lesson {last}"
        last = max(last, number)
        for language, words in term.items():
            seen[language][words] += 1
            if seen[language][words] > 1:
                yield glossary, cell, f"{words!r} is there twice"
            found = [text for text in lessons.languages[language] if int(text.path.name[:2]) == number]
            # In brackets stands what else it is called.
            words = re.sub(r"\s*[(（].*?[)）]", "", words)
            if not found:
                yield glossary, cell, f"there is no lesson {number} in {language}, where {words!r} would be"
            elif not any(words.lower() in cell.source.lower() for cell in found[0].cells):
                yield glossary, cell, f"{words!r} does not stand in {found[0].name}"


# Run -----------------------------------------------------------------------------------------------------------------

CHECKS = {
    "links": check_links,
    "formulas": check_formulas,
    "spelling": check_spelling,
    "languages": check_languages,
    "glossary": check_glossary,
}


def lines_of(lessons, mode, arguments):
    lines = []
    for text, cell, fault in CHECKS[mode](lessons, arguments):
        lines.append(f"{text.name}, {cell.id}: {fault}" if cell else f"{text.name}: {fault}")
    return lines


def md(id, *lines):
    return {"id": id, "cell_type": "markdown", "metadata": {}, "source": "\n".join(lines)}


def code(id, *lines):
    return {
        "id": id,
        "cell_type": "code",
        "metadata": {},
        "source": "\n".join(lines),
        "outputs": [],
        "execution_count": None,
    }


def notebook_of(cells):
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


# For each check: the cells in English and in Chinese, other files, and a piece of each fault, in order.
GLOSSARY_HEAD = "| English | 中文 | what | 是什么 | lesson |\n|---|---|---|---|---|\n"
GOOD = [
    md(
        "good",
        "# Good *and* grey",
        "",
        "A `color` and `recieve`, [here](01-a.ipynb#Good-and-grey), [there](https://doc.rust-lang.org/book/).",
        "",
        "It costs \\$5 or `$HOME`; $x_i$, and sizes of a seized prize:",
        "",
        "$$",
        "\\sum_i \\mathbf{x}_i",
        "$$",
    ),
    code(
        "good-code",
        "// As big as the others",
        'println!("{x:.2} and \\" // {}", f(\'"\', "a"), );',
        'let a: &\'static str = r#"a"b"#;',
    ),
]
GOOD_ZH = [
    md("good", "# 好", "", "见[第 1 课](01-a.ipynb)；`图像` 是代码，套头衫不算。"),
    code(
        "good-code",
        "// 和别的一样大",
        'println!("有 {x:.2} 和 {}",',
        '    f(\'"\', "甲"));',
        'let a: &\'static str = r#"甲"#;',
    ),
]
BROKEN = {
    "links": (
        [
            md("a", "[lost](02-b.ipynb), [old](http://example.org/), [bare](https://localhost/x), ![p](no.png)"),
            md("b", "[up](../../../etc), [root](/etc), [nowhere](01-a.ipynb#Nowhere), [odd](javascript:1)"),
            md(
                "c",
                '<a href="gone.md">x</a> and [text][missing]',
                "",
                "<details>",
                "",
                "1. [x](README.md)",
                "",
                "</details>",
            ),
            md("d", "| a |", "|---|", "| [x](Gone.ipynb) |"),
        ],
        [],
        {"README.md": "[x](en/01-a.ipynb) [y](en/01-A.ipynb)"},
        [
            "en/01-a.ipynb, a: the link '02-b.ipynb' leads to no file",
            "'http://example.org/' is neither",
            "'https://localhost/x' names no host",
            "'no.png' leads to no file",
            "b: the link '../../../etc' leads out",
            "'/etc' leads out",
            "'01-a.ipynb#Nowhere' leads to no heading",
            "'javascript:1' is neither",
            "c: the link 'gone.md' leads to no file",
            "'README.md' leads to no file",
            "[missing] is nowhere",
            "d: the link 'Gone.ipynb'",
            "README.md, text: the link 'en/01-A.ipynb' leads to no file",
        ],
    ),
    "formulas": (
        [
            md("a", "A sum $\\sum_i x_i and nothing."),
            md("b", "$\\frac{1}{2$ and $\\undefined x$"),
            md("c", "$$", "\\begin{aligned} x &= 1", "$$"),
            md("d", "$$", "x", "", "And text.", "$$"),
        ],
        [],
        {"README.md": "$x^a^b$"},
        [
            "en/01-a.ipynb, a: a dollar sign",
            "b: the formula '\\\\frac{1}{2' cannot be set",
            "b: the formula '\\\\undefined x' cannot be set: Undefined control sequence",
            "c: the formula",
            "d: an empty line",
            "README.md, text: the formula 'x^a^b' cannot be set: Double exponent",
        ],
    ),
    "spelling": (
        [
            md("a", "We recieve *colors*."),
            code("b", "// It occured", 'let recieve = "teh";'),
            md("c", "To normalize, analyze and memorize a labeled gray neighbor."),
        ],
        [],
        {"README.md": "Seperate.", "data/README.md": "Behavior."},
        [
            "en/01-a.ipynb, a: recieve ==> receive",
            "b: occured ==> occurred",
            "README.md, text: Seperate ==> Separate",
            "a: 'colors' is American",
            "c: 'gray' is",
            "'neighbor'",
            "'labeled'",
            "'analyze'",
            "'normalize'",
            "'memorize'",
            "data/README.md, text: 'Behavior' is",
        ],
    ),
    "languages": (
        [
            md("a", "One"),
            code("b", "x.sum()", "// words"),
            code("c", 'println!("{loss:.2}");'),
            md("d", "## Two"),
            code("e", "1"),
            md("f", "x"),
        ],
        [
            md("a", "一张图像"),
            code("b", "x.mean()", "// 服装"),
            code("c", 'println!("{loss:.3} 分数");'),
            md("d", "# 二"),
            code("e", "1"),
            md("f", "notebook"),
        ],
        {
            "README.zh.md": "第三课",
            "en/02-b.ipynb": notebook_of([md("a", "One"), code("b", "1")]),
            "zh/02-b.ipynb": notebook_of([md("a", "一"), md("b", "二")]),
            "zh/03-c.ipynb": notebook_of([md("a", "一")]),
            "en/04-d.ipynb": notebook_of([md("a", "One"), md("b", "Two")]),
            "zh/04-d.ipynb": notebook_of([md("a", "一")]),
        },
        [
            "zh/03-c.ipynb: is there in one language only",
            "zh/01-a.ipynb, b: its code is another: 'mean', and in English 'sum'",
            "c: its code is another: a text with {loss:.3}",
            "d: its headings",
            "zh/02-b.ipynb, b: is ('b', 'markdown', []), and in English it is ('b', 'code', [])",
            "zh/04-d.ipynb: has 1 cells, and in English there are 2",
            "a: '图像' stands for",
            "b: '服装'",
            "c: '分数'",
            "f: 'notebook'",
            "README.zh.md, text: '第三课' stands for what is '第 … 课'",
        ],
    ),
    "glossary": (
        [md("a", "A tensor and a weight.")],
        [md("a", "张量。")],
        {
            "GLOSSARY.md": GLOSSARY_HEAD
            + "| tensor | 张量 | w | 是 | [1](en/01-a.ipynb) · [中](zh/01-a.ipynb) |\n| weight | 权重 | w | 是 | [1](en/01-a.ipynb) · [中](zh/01-a.ipynb) |\n"
            "| tensor | 层 | w | 是 | [9](en/09-a.ipynb) · [中](zh/09-a.ipynb) |\n| loss | 损失 | w | 是 |\n| layer | 层次 | w | 是 | 1 |\n"
        },
        [
            "GLOSSARY.md, text: '权重' does not stand in zh/01-a.ipynb",
            "'tensor' is there twice",
            "there is no lesson 9 in en",
            "there is no lesson 9 in zh",
            "has not five columns",
            "'layer' names no lesson",
        ],
    ),
}


def written(folder, english, chinese, files):
    for language, cells in [("en", english), ("zh", chinese)]:
        (folder / language).mkdir(parents=True)
        (folder / language / "01-a.ipynb").write_text(notebook_of(cells), "utf-8")
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    return Lessons(folder)


def self_test(mode, arguments):
    english, chinese, files, pieces = BROKEN[mode]
    good_glossary = {
        "GLOSSARY.md": GLOSSARY_HEAD
        + "| sizes (of things) | 代码 | a thing | 东西 | [1](en/01-a.ipynb) · [中](zh/01-a.ipynb) |\n"
    }
    with tempfile.TemporaryDirectory() as folder:
        lessons = written(Path(folder) / "good/notebooks", GOOD, GOOD_ZH, good_glossary)
        assert (lines := lines_of(lessons, mode, arguments)) == [], lines
        lessons = written(Path(folder) / "broken/notebooks", english, chinese or english, files)
        lines = [line for line in lines_of(lessons, mode, arguments) if chinese or not line.startswith("zh/")]
        missed = [(piece, line) for piece, line in zip(pieces, lines) if piece not in line]
        assert not missed and len(lines) == len(pieces), "\n".join([f"{missed}", *lines])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=CHECKS)
    parser.add_argument("notebooks", nargs="?", help="the folder of the lessons")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--chromium", help="the browser that sets the formulas")
    arguments = parser.parse_args()
    if not arguments.self_test and not arguments.notebooks:
        parser.error("the folder of the lessons, or --self-test")
    if arguments.mode == "formulas" and not arguments.chromium:
        parser.error("formulas need --chromium")
    if arguments.self_test:
        self_test(arguments.mode, arguments)
        return
    faults = lines_of(Lessons(arguments.notebooks), arguments.mode, arguments)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
