"""The Rust type of a papermill value when the notebook gives no type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from numbers import Integral, Real

from .errors import ParameterError
from .rust_types import FLOATS, INTEGERS, STR, UNKNOWN, Type

# The types of whole numbers: Rust's own choice, or the next that is large enough.
BY_SIZE = ("i32", "i64", "u64", "i128", "u128")
# Its order is the same in every run, and so are a notebook's outputs.
MAP = Type("BTreeMap", (), "std::collections::BTreeMap")


def is_whole(value) -> bool:
    """Whether it is a whole number; a truth value is not one."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value) -> bool:
    """Whether it is a number; a truth value is not one."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_list(value) -> bool:
    """Whether it is a list or a tuple."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def natural(value, name: str) -> Type:
    """The type of a value; `name` is the parameter's, for errors.

    Raises `ParameterError` when Rust has no type for it.
    """
    if value is None:
        return Type("Option", (UNKNOWN,))
    if isinstance(value, bool):
        return Type("bool")
    if isinstance(value, str):
        return STR
    if is_whole(value):
        fitting = (kind for kind in BY_SIZE if INTEGERS[kind][0] <= value <= INTEGERS[kind][1])
        kind = next(fitting, None)
        if kind is None:
            raise ParameterError(f"parameter `{name}`: no whole number of Rust's is as large as {value}; pass it as text")
        return Type(kind)
    if is_number(value):
        return Type("f64")
    if isinstance(value, tuple):
        return Type("()", tuple(natural(part, name) for part in value))
    if isinstance(value, Mapping):
        return Type(MAP.name, (common(value.keys(), name), common(value.values(), name)), MAP.path)
    if is_list(value) or isinstance(value, Set):
        return Type("Vec", (common(value, name),))
    raise ParameterError(
        f"parameter `{name}`: {value!r} (Python's type {type(value).__name__}) has no form in Rust; pass numbers, text, "
        "lists or maps"
    )


def common(values, name: str) -> Type:
    """The one type that all of these values can have.

    Raises `ParameterError` when there is no such type.
    """
    found = UNKNOWN
    for value in values:
        kind = natural(value, name)
        joined = _joined(found, kind)
        if joined is None:
            raise ParameterError(
                f"parameter `{name}`: a list or a map in Rust holds values of one type, and this one has both "
                f"`{found}` and `{kind}`; pass each as a separate parameter"
            )
        found = joined
    return found


def _joined(one: Type, other: Type) -> Type | None:
    if one == other or other == UNKNOWN:
        return one
    if one == UNKNOWN:
        return other
    names = (one.name, other.name)
    if all(name in INTEGERS for name in names):
        return max(one, other, key=lambda kind: BY_SIZE.index(kind.name))
    if all(name in INTEGERS or name in FLOATS for name in names):
        return Type("f64")
    if "Option" in names:
        inside = (kind.arguments[0] if kind.name == "Option" else kind for kind in (one, other))
        joined = _joined(*inside)
        return joined and Type("Option", (joined,))
    if one.name == other.name and len(one.arguments) == len(other.arguments):
        parts = tuple(_joined(*pair) for pair in zip(one.arguments, other.arguments))
        return None if None in parts else Type(one.name, parts, one.path)
    return None
