"""The columns of a student: what a value of each may be, and whether it is known."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

#: The largest number of float32, in which students compute.
LARGEST = 3.4028234663852886e38


@dataclass(frozen=True)
class Column:
    """A column of the rows.

    Parameters
    ----------
    name : str
        Its key in a row.
    levels : list or None
        The levels of a nominal column as JSON has them, where None is a missing value;
        a column without effect has none. None for a column of numbers.
    nullable : bool
        Whether a value may be missing.
    """

    name: str
    levels: list | None = None
    nullable: bool = True

    @property
    def type(self):
        """Its values: "number", "string", "integer", "boolean", or "any" of these."""
        if self.levels is None:
            return "number"
        kinds = {_kind(level) for level in self.levels if level is not None}
        if kinds == {"integer", "number"}:
            return "number"
        return kinds.pop() if len(kinds) == 1 else "any"

    @property
    def annotation(self):
        """The type with which pydantic checks a value."""
        kind = _CHECKED[self.type]
        return kind | None if self.nullable and self.type != "any" else kind


def _kind(level):
    """Name the type of a level."""
    if isinstance(level, bool):
        return "boolean"
    if isinstance(level, float):
        return "integer" if level.is_integer() else "number"
    return "integer" if isinstance(level, int) else "string"


def _whole(value):
    """Read 5.0 as 5: to JSON they are one number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _scalar(value):
    """Refuse what is no single value."""
    if isinstance(value, list | dict):
        kind = "scalar_type"
        raise PydanticCustomError(kind, "Input should be a single value, or null")
    return value


_CHECKED = {
    "number": Annotated[
        float, Field(strict=True, allow_inf_nan=False, ge=-LARGEST, le=LARGEST)
    ],
    # with a length pydantic looks into the string, and refuses half a surrogate pair
    "string": Annotated[str, Field(strict=True, min_length=0)],
    "integer": Annotated[int, Field(strict=True), BeforeValidator(_whole)],
    "boolean": Annotated[bool, Field(strict=True)],
    "any": Annotated[Any, AfterValidator(_scalar)],
}
