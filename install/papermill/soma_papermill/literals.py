"""Writes a value in Rust, as one of a given type."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Set

from .errors import ParameterError
from .rust_types import FLOATS, INTEGERS, STR, UNKNOWN, Type
from .values import common, is_list, is_number, is_whole, natural

MAPS = ("HashMap", "BTreeMap")
COLLECTIONS = ("HashSet", "BTreeSet", "VecDeque", "BinaryHeap", "LinkedList")
LISTS = ("Vec", "[]", *COLLECTIONS)


class Literals:
    """Writes the values of one parameter.

    With `suffixes`, numbers carry their type where Rust would choose another: `3usize`. Without, the type is written
    elsewhere.
    """

    def __init__(self, name: str, suffixes: bool):
        self.name, self.suffixes = name, suffixes

    def write(self, value, wanted: Type) -> str:
        """The value as one of this type; as one of its own type when this one is unknown or only rustc understands it.

        Raises `ParameterError` when it is not of this type, or has no form in Rust.
        """
        if not _is_known(wanted):
            wanted = natural(value, self.name)
        inner = wanted.arguments[0] if wanted.arguments else UNKNOWN
        if wanted.name == "Option":
            return "None" if value is None else f"Some({self.write(value, inner)})"
        if wanted.name == "bool" and isinstance(value, bool):
            return "true" if value else "false"
        if wanted.name in INTEGERS and is_whole(value):
            return self._whole(value, wanted)
        if wanted.name in FLOATS and is_number(value):
            return self._float(value, wanted)
        if wanted.name == "char" and isinstance(value, str) and len(value) == 1:
            return f"'{self._escaped(value, quote=chr(39))}'"
        if wanted.name == "String" and isinstance(value, str):
            return f"String::from({self.text(value)})"
        if wanted == STR and isinstance(value, str):
            return self.text(value)
        if wanted.name == "&" and is_list(value):
            return "&" + self.write(value, inner)
        if wanted.name == "()" and is_list(value) and len(value) == len(wanted.arguments):
            parts = [self.write(part, kind) for part, kind in zip(value, wanted.arguments)]
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        if wanted.name in LISTS and (is_list(value) or isinstance(value, Set)):
            return self._list(sorted(value, key=repr) if isinstance(value, Set) else value, wanted, inner)
        if wanted.name in MAPS and isinstance(value, Mapping):
            return self._map(value, wanted)
        raise ParameterError(self._mismatch(value, wanted))

    def text(self, text: str) -> str:
        """Text as a literal, raw where that is easier to read."""
        if any(map(_is_hidden, text)) or not any(character in text for character in '"\\'):
            return '"' + "".join(self._escaped(character, quote='"') for character in text) + '"'
        hashes = ""
        while f'"{hashes}' in text:
            hashes += "#"
        return f'r{hashes}"{text}"{hashes}'

    def _whole(self, value, wanted):
        smallest, largest = INTEGERS[wanted.name]
        if not smallest <= value <= largest:
            raise ParameterError(
                f"parameter `{self.name}`: {value} is no `{wanted}`, which is a whole number from {smallest} to {largest}"
            )
        return f"{int(value)}{wanted.name if self.suffixes and wanted.name != 'i32' else ''}"

    def _float(self, value, wanted):
        value = float(value)
        if math.isnan(value):
            return f"{wanted}::NAN"
        if math.isinf(value):
            return f"{wanted}::{'NEG_' if value < 0 else ''}INFINITY"
        return f"{value!r}{'f32' if self.suffixes and wanted.name == 'f32' else ''}"

    def _list(self, values, wanted, inner):
        inner = common(values, self.name) if inner == UNKNOWN else inner
        inside = ", ".join(self.write(value, inner) for value in values)
        if wanted.name == "[]":
            return f"[{inside}]"
        if wanted.name == "Vec":
            return f"vec![{inside}]"
        return f"{wanted.path}::from([{inside}])" if values else f"{wanted.path}::new()"

    def _map(self, value, wanted):
        keys, values = wanted.arguments if len(wanted.arguments) == 2 else (UNKNOWN, UNKNOWN)
        keys = common(value.keys(), self.name) if keys == UNKNOWN else keys
        values = common(value.values(), self.name) if values == UNKNOWN else values
        pairs = ", ".join(f"({self.write(key, keys)}, {self.write(item, values)})" for key, item in value.items())
        return f"{wanted.path}::from([{pairs}])" if value else f"{wanted.path}::new()"

    def _escaped(self, character, quote):
        if unicodedata.category(character) == "Cs":
            raise ParameterError(f"parameter `{self.name}`: its text has half a character in it; pass it anew")
        known = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\0": r"\0", "\\": r"\\", quote: "\\" + quote}
        return known.get(character) or (f"\\u{{{ord(character):x}}}" if _is_hidden(character) else character)

    def _mismatch(self, value, wanted):
        hint = ""
        if (wanted == STR or wanted.name in ("String", "char")) and not is_list(value) and not isinstance(value, str):
            hint = f"; text that looks otherwise is passed by `-r {self.name} TEXT`"
        return f"parameter `{self.name}` is of type `{wanted}` in this notebook, and {value!r} is not{hint}"


def _is_known(kind):
    if kind.name == "&":
        return kind == STR or kind.arguments[0].name == "[]"
    return kind.name in ("Option", "bool", "char", "String", "()", *LISTS, *INTEGERS, *FLOATS, *MAPS)


def _is_hidden(character):
    """Whether a character is invisible: controls, and those that change the direction of text, which rustc refuses."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
