"""The body of a request: what it has to look like, and what is wrong with another."""

import json
from collections import Counter
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

#: So many problems of a request are reported.
MAX_PROBLEMS = 20


class Refused(Exception):
    """A request that gets no prediction.

    Parameters
    ----------
    status : int
        Of the response.
    *problems : dict
        Each with ``loc``, ``msg`` and ``type``, as FastAPI reports them.
    """

    def __init__(self, status, *problems):
        super().__init__(status, *problems)
        self.status, self.problems = status, problems[:MAX_PROBLEMS]


def problem(loc, message, kind):
    """Describe what is wrong, and where."""
    return {"loc": list(loc), "msg": message, "type": kind}


class Repeated(dict):
    """An object of JSON that has a key twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        ((self.key, _),) = Counter(key for key, _ in pairs).most_common(1)


class Body:
    """Reads the rows of a request.

    Parameters
    ----------
    columns : list of Column
        Those of the student.
    max_rows : int
        Of a request.
    """

    def __init__(self, columns, max_rows):
        strict = with_config(ConfigDict(extra="forbid"))
        row = strict(TypedDict("Row", {each.name: each.annotation for each in columns}))

        @strict
        class Whole(TypedDict):
            rows: Annotated[list[row], Field(min_length=1, max_length=max_rows)]

        self._adapter = TypeAdapter(Whole)
        items = TypeAdapter(row).json_schema()
        limits = {"minItems": 1, "maxItems": max_rows}
        self.schema = {
            "type": "object",
            "properties": {"rows": {"type": "array", "items": items, **limits}},
            "required": ["rows"],
            "additionalProperties": False,
        }
        self._max_rows, self._max_keys = max_rows, len(columns) + MAX_PROBLEMS
        self._levels = {
            each.name: frozenset(each.levels) if each.levels else None
            for each in columns
        }

    def read(self, content):
        """Give the values of each column.

        Parameters
        ----------
        content : bytes
            Of the request.

        Returns
        -------
        dict of str to list
            In the order of the columns; None is a missing value.

        Raises
        ------
        Refused
            With the row and the column of each problem.
        """
        body = _parse(content)
        problems = list(self._odd_objects(body))
        if problems:
            raise Refused(422, *problems)
        try:
            rows = self._adapter.validate_python(body)["rows"]
        except ValidationError as error:
            found = error.errors(
                include_url=False, include_context=False, include_input=False
            )
            problems = [
                problem(each["loc"] or ["body"], each["msg"], each["type"])
                for each in found
            ]
            raise Refused(422, *problems) from None
        return {name: [row[name] for row in rows] for name in self._levels}

    def _odd_objects(self, body):
        """Find what pydantic does not see, or takes long to report."""
        places = [((), body)]
        if isinstance(body, dict) and isinstance(body.get("rows"), list):
            rows = body["rows"][: self._max_rows]
            places += [(("rows", place), row) for place, row in enumerate(rows)]
        for loc, found in places:
            if isinstance(found, Repeated):
                yield problem(
                    (*loc, found.key), "The key is there twice", "key_repeated"
                )
            elif isinstance(found, dict) and len(found) > self._max_keys:
                message = f"{len(found)} keys, where rows have {len(self._levels)}"
                yield problem(loc or ["body"], message, "too_many_keys")

    def warn(self, table):
        """List values that were not there in fit: a student predicts with them.

        Parameters
        ----------
        table : dict of str to list
            The values of each column.

        Returns
        -------
        list of dict
            Like problems, and at most as many.
        """
        message = "Not among the levels that the student was trained on"
        found = [
            problem(["rows", place, name], message, "unknown_level")
            for name, levels in self._levels.items()
            if levels and not levels.issuperset(table[name])
            for place, value in enumerate(table[name])
            if value not in levels
        ]
        return found[:MAX_PROBLEMS]


def _parse(content):
    """Read JSON, or say where it ends to be JSON."""
    try:
        text = content.decode()
        try:
            return json.loads(text, object_pairs_hook=_object)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a number with thousands of digits
            return json.loads(text, object_pairs_hook=_object, parse_int=float)
    except UnicodeDecodeError as error:
        message = f"The body is not encoded in UTF-8: byte {error.start}"
    except json.JSONDecodeError as error:
        message = f"The body is not JSON: {error}"
    except RecursionError:
        message = "The body is nested too deeply"
    raise Refused(422, problem(["body"], message, "json_invalid"))


def _object(pairs):
    """Make a dictionary of an object, a marked one if a key is in it twice."""
    made = dict(pairs)
    return made if len(made) == len(pairs) else Repeated(pairs)
