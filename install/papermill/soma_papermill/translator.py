"""Writes a notebook's parameters in Rust, and reads the parameters that it has."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from papermill.models import Parameter
from papermill.translators import Translator

from . import declarations
from .declarations import Declaration
from .errors import ParameterError
from .literals import MAPS, Literals
from .rust_types import UNKNOWN, Type
from .values import is_list, is_whole, natural

# https://doc.rust-lang.org/reference/keywords.html
KEYWORDS = frozenset(
    "abstract as async await become box break const continue do dyn else enum extern false final fn for gen if impl in "
    "let loop macro match mod move mut override priv pub ref return static struct trait true try type typeof unsafe "
    "unsized use virtual where while yield".split()
)
# These cannot be names, not even with `r#`.
NEVER = frozenset(["_", "crate", "self", "Self", "super"])


class RustTranslator(Translator):
    """Rust, for papermill.

    papermill shows a translator the notebook's own parameters (`inspect`) right before it asks for the new values
    (`codify`), but hands over only the values. The parameters are kept from one call to the other, for each
    thread, so that a parameter keeps its type.
    """

    def __init__(self):
        self._seen = threading.local()

    def inspect(self, parameters_cell) -> list[Parameter]:
        """The parameters of a notebook, with their types, defaults and comments."""
        found = declarations.read(parameters_cell["source"])
        self._seen.declarations = {declaration.name: declaration for declaration in found}
        return [
            Parameter(
                name=declaration.name,
                inferred_type_name=declaration.annotation or _told(declaration.type),
                default=declaration.value,
                help=declaration.help,
            )
            for declaration in found
        ]

    def codify(self, parameters, comment="Parameters") -> str:
        """A cell that defines these parameters.

        Raises `ParameterError` for a value that cannot be written, before any cell has run.
        """
        seen = self._seen.__dict__.pop("declarations", {})
        lines = [self.comment(comment)]
        lines += [self._definition(name, value, seen.get(name)) for name, value in parameters.items()]
        return "\n".join(lines) + "\n"

    def _definition(self, name, value, declared: Declaration | None):
        keyword = declared.keyword if declared else "let"
        if declared and declared.annotation:
            text = Literals(name, suffixes=False).write(value, declared.type)
            return self.assign(name, text, declared.annotation, keyword)
        kind = declared.type if declared else UNKNOWN
        if kind == UNKNOWN or kind.name == "i32" and is_whole(value):
            # A number without a suffix is an `i32` if nothing else decides; a larger one needs a larger type.
            kind = natural(value, name)
        text = Literals(name, suffixes=True).write(value, kind)
        # An empty value does not show the type of its elements.
        annotation = _written(kind, value) if _is_empty(value) else ""
        return self.assign(name, text, annotation, keyword)

    @classmethod
    def translate(cls, val) -> str:
        """A value in Rust."""
        return Literals("value", suffixes=True).write(val, UNKNOWN)

    @classmethod
    def comment(cls, cmt_str) -> str:
        """A comment line."""
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val, annotation="", keyword="let") -> str:
        """A definition, such as `let n = 3;`."""
        if not name.isidentifier() or name in NEVER:
            raise ParameterError(f"parameter `{name}` cannot be a name in Rust; choose one like `learning_rate`")
        name = f"r#{name}" if name in KEYWORDS else name
        return f"{keyword} {name}{': ' + annotation if annotation else ''} = {str_val};"


def _told(kind: Type) -> str:
    """A type for users; papermill shows "None" as "Unknown type"."""
    return "None" if kind == UNKNOWN else str(kind)


def _is_empty(value):
    return value is None or (isinstance(value, Mapping) or is_list(value)) and len(value) == 0


def _written(kind, value):
    """A type as the annotation of an empty value: unknown parts of it are `()`."""
    if kind == UNKNOWN:
        return "()"
    arguments = [_written(argument, None) for argument in kind.arguments]
    if kind.name == "[]":
        return f"[{arguments[0]}; {len(value)}]"
    if kind.name in MAPS and not arguments:
        arguments = ["()", "()"]
    return str(Type(kind.name, tuple(map(Type, arguments)), kind.path))
