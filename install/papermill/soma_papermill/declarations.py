"""Reads the cell that is tagged `parameters`: the names that it defines, with their types and values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .rust_types import STR, UNKNOWN, Type, parse

TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<string>[bc]?r(?P<hashes>\#*)".*?"(?P=hashes)|[bc]?"(?:\\.|[^"\\])*")
    | (?P<char>b?'(?:\\u\{[^}]*\}|\\x..|\\.|[^\\'])')
    | (?P<word>r\#\w+|'?\w+)
    | (?P<space>\s+)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
NUMBER = re.compile(
    r"-?\s*(?:0[xob][\da-fA-F_]+?|\d[\d_]*)(?P<fraction>\.[\d_]*)?(?P<exponent>[eE][+-]?[\d_]+)?"
    r"(?P<suffix>[iuf](?:8|16|32|64|128|size))?"
)
OPENING, CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Declaration:
    """A name that the cell defines."""

    # The keywords before the name: `let`, `let mut`, `const` or `static`.
    keyword: str
    name: str
    # The type as written; empty when it is not written.
    annotation: str
    # The value as written, in one line.
    value: str
    # The comment after it, or else above it.
    help: str

    @property
    def type(self) -> Type:
        """The type as written, or else the type of the value."""
        return parse(self.annotation) if self.annotation else type_of(self.value)


def read(source: str) -> list[Declaration]:
    """All declarations of a cell, in order. Other code is skipped."""
    found = []
    for statement, above, behind in _statements(_without_commands(source)):
        declaration = _declaration(statement, behind or above)
        if declaration:
            found.append(declaration)
    return found


def _without_commands(source):
    """The code after the lines of commands (`:dep`) with which a cell may begin."""
    lines = source.split("\n")
    for at, line in enumerate(lines):
        line = line.strip()
        if line.startswith((":", "!")) and not line.startswith("::"):
            lines[at] = ""
        elif line and not line.startswith("//"):
            break
    return "\n".join(lines)


def _statements(code):
    """Each statement's tokens without comments, the comment above it and the one after it."""
    statement, above, depth, done = [], [], 0, None
    for match in TOKEN.finditer(code):
        kind, text = match.lastgroup, match.group()
        kind = "string" if kind == "hashes" else kind
        if done:
            # A comment on the line on which a statement ends belongs to that statement.
            if kind == "comment":
                yield *done, _comment(text)
                done = None
                continue
            if kind != "space" or "\n" in text:
                yield *done, ""
                done = None
        if kind == "comment":
            if not statement:
                above.append(_comment(text))
            continue
        if kind == "space":
            if statement:
                statement.append(("space", " "))
            elif text.count("\n") > 1:
                above = []
            continue
        if kind == "sign" and text in OPENING:
            depth += 1
        if kind == "sign" and text in CLOSING:
            depth -= 1
        is_end = depth == 0 and kind == "sign" and text == ";"
        if not is_end:
            statement.append((kind, text))
        # A function or a block ends without a semicolon; a value in braces does not.
        is_block = depth == 0 and text == "}" and statement[0][1] not in ("let", "const", "static", "use")
        if is_end or is_block:
            done = (statement, " ".join(above).strip())
            statement, above = [], []
    if done:
        yield *done, ""


def _comment(text):
    return text.removeprefix("/*").removesuffix("*/").strip("/!* \t\n")


def _declaration(statement, help):
    words = [text for kind, text in statement if kind != "space"]
    keyword = words[0] if words else ""
    if keyword not in ("let", "const", "static"):
        return None
    if len(words) > 1 and words[1] == "mut":
        keyword += " mut"
    pieces, depth = [""], 0
    for kind, text in statement:
        if kind == "sign" and text in "<([{":
            depth += 1
        if kind == "sign" and text in ")]}" or text == ">" and not pieces[-1].endswith("-"):
            depth -= 1
        if depth == 0 and kind == "sign" and text == "=" and len(pieces) == 1:
            pieces.append("")
            depth = 0
        else:
            pieces[-1] += text
    if len(pieces) < 2:
        return None
    named, value = (piece.strip() for piece in pieces)
    name, _, annotation = (part.strip() for part in named.partition(":"))
    name = name.split()[-1]
    if not re.fullmatch(r"(?:r#)?\w+", name):
        return None
    return Declaration(keyword, name.removeprefix("r#"), annotation, value, help)


def type_of(value: str) -> Type:
    """The type of a value, as far as its text shows it."""
    tokens = [match for match in TOKEN.finditer(value) if match.lastgroup not in ("comment", "space")]
    first = tokens[0].group() if tokens else ""
    number = NUMBER.fullmatch(value)
    if number:
        if number["suffix"]:
            return Type(number["suffix"])
        is_whole = number["fraction"] is None and number["exponent"] is None
        return Type("i32" if is_whole else "f64")
    if value in ("true", "false"):
        return Type("bool")
    if len(tokens) == 1 and tokens[0].lastgroup in ("string", "hashes"):
        return STR if first[0] in 'r"' else UNKNOWN
    if len(tokens) == 1 and tokens[0].lastgroup == "char":
        return Type("char") if first[0] == "'" else Type("u8")
    if re.match(r"(?:std::string::)?String\s*::\s*(?:from|new)\b|format\s*!", value):
        return Type("String")
    if re.fullmatch(r".*\"#*\s*\.\s*to_(?:string|owned)\s*\(\s*\)", value, re.DOTALL):
        return Type("String")
    inside = _inside(value)
    if value.startswith("vec!"):
        return Type("Vec", (_first(inside),))
    if value.startswith("["):
        return Type("[]", (_first(inside),))
    if value.startswith("&"):
        inner = type_of(value[1:].strip())
        return Type("&", (inner,)) if inner.name == "[]" else UNKNOWN
    if value == "None":
        return Type("Option", (UNKNOWN,))
    if value.startswith("Some("):
        return Type("Option", (type_of(inside),))
    if value.startswith("("):
        return Type("()", tuple(type_of(part) for part in _parts(inside)))
    collection = re.match(r"((?:\w+::)*(?:Hash|BTree)(?:Map|Set))::(?:from|new)\b", value)
    if collection:
        path = collection[1]
        return Type(path.rsplit("::", 1)[-1], (), path)
    return UNKNOWN


def _inside(value):
    """The text in the brackets with which a value ends."""
    start = min((at for at in map(value.find, OPENING) if at >= 0), default=-1)
    return value[start + 1 : -1].strip() if start >= 0 and value[-1:] in CLOSING else ""


def _first(inside):
    parts = _parts(inside.split(";")[0])
    # The first element may say less than the others: `[1, 2.5]` is not valid Rust, `[None, Some(1)]` is.
    known = [found for found in map(type_of, parts) if UNKNOWN not in (found, *found.arguments)]
    return known[0] if known else UNKNOWN


def _parts(inside):
    parts, depth = [""], 0
    for match in TOKEN.finditer(inside):
        text = match.group()
        if match.lastgroup == "sign":
            depth += (text in OPENING) - (text in CLOSING)
        if text == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += text
    return [part.strip() for part in parts if part.strip()]
