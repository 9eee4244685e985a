"""Rust's types, in the detail that is needed to write a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<path>(?:::)?\s*(?:r#)?\w+(?:\s*::\s*(?:r#)?\w+)*)|(?P<lifetime>'\w+)|(?P<sign>.))", re.DOTALL
)

SIGNED = {f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64, 128)}
UNSIGNED = {f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64, 128)}
# The smallest and the largest number of each whole type.
INTEGERS = {**SIGNED, **UNSIGNED, "isize": SIGNED["i64"], "usize": UNSIGNED["u64"]}
FLOATS = ("f32", "f64")


@dataclass(frozen=True)
class Type:
    """A type: its name without the path before it, and its arguments.

    A reference is named `&`, a slice or an array `[]`, a tuple `()`, and a type that is not known `_`.
    """

    name: str
    arguments: tuple[Type, ...] = ()
    # The path as the user wrote it, whose last part is the name.
    path: str = ""

    def __str__(self) -> str:
        inside = ", ".join(map(str, self.arguments))
        if self.name == "&":
            return f"&{inside}"
        if self.name == "[]":
            return f"[{inside}]"
        if self.name == "()":
            return f"({inside},)" if len(self.arguments) == 1 else f"({inside})"
        return (self.path or self.name) + (f"<{inside}>" if inside else "")


UNKNOWN = Type("_")
STR = Type("&", (Type("str"),))


def parse(text: str) -> Type:
    """The type with this text; `UNKNOWN` when it is of a kind that no parameter can have."""
    tokens = [match for match in TOKEN.finditer(text.strip()) if match.group().strip()]
    try:
        found, end = _type(tokens, 0)
    except IndexError:
        return UNKNOWN
    return found if end == len(tokens) else UNKNOWN


def _type(tokens, at):
    path, sign = tokens[at]["path"], tokens[at]["sign"]
    if sign == "&":
        at += 1
        while tokens[at]["lifetime"] or tokens[at]["path"] == "mut":
            at += 1
        inner, at = _type(tokens, at)
        return Type("&", (inner,)), at
    if sign == "[":
        inner, at = _type(tokens, at + 1)
        while tokens[at]["sign"] != "]":
            at += 1
        return Type("[]", (inner,)), at + 1
    if sign == "(":
        parts, at = _list(tokens, at + 1, ")")
        return Type("()", parts), at
    if not path or path in ("dyn", "impl", "fn", "unsafe", "extern"):
        return UNKNOWN, len(tokens)
    path = re.sub(r"\s", "", path)
    arguments, at = (), at + 1
    if at < len(tokens) and tokens[at]["sign"] == "<":
        arguments, at = _list(tokens, at + 1, ">")
    return (UNKNOWN if path == "_" else Type(path.rsplit("::", 1)[-1], arguments, path)), at


def _list(tokens, at, end):
    found = []
    while tokens[at]["sign"] != end:
        if tokens[at]["sign"] == "," or tokens[at]["lifetime"]:
            at += 1
            continue
        before = at
        inner, at = _type(tokens, at)
        if at == before:
            raise IndexError
        found.append(inner)
    return tuple(found), at + 1
