"""Settings and facts out of JSON: each of the type that its field of a dataclass has, before anything is done with it."""

import dataclasses
import types
import typing

from edge_demo.own_file import is_int, is_number


def check_types(cls, fields):
    """Whether values are of the types of a dataclass's fields; what is missing, unknown or a dataclass itself is not looked at.

    Args:
        cls: a dataclass.
        fields: dict of JSON's values, by name; tuples may be lists.

    Raises:
        ValueError: naming the first that is not.
    """
    for field in dataclasses.fields(cls):
        if field.name in fields and not _is_a(fields[field.name], field.type):
            kind = getattr(field.type, "__name__", field.type)
            raise ValueError(
                f"Invalid `{field.name}`. Expected {kind}. Received: {field.name}={fields[field.name]!r:.40}."
            )


def _is_a(value, kind):
    if typing.get_origin(kind) is tuple:
        kinds = typing.get_args(kind)
        fits = isinstance(value, (list, tuple)) and len(value) == len(kinds)
        return fits and all(map(_is_a, value, kinds))
    if isinstance(kind, types.UnionType):
        return any(_is_a(value, one) for one in typing.get_args(kind))
    if kind is float:
        return is_number(value)
    if kind is int:
        return is_int(value)
    return isinstance(value, kind) if kind in (bool, str, dict, types.NoneType) else True
