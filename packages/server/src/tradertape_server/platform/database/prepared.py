"""Prepared statements for hot paths: compiled once per engine, then passed to its driver directly.

What SQLAlchemy does for every execution (cache lookup, binding, one converter per value) costs more
than SQLite needs for the rows of an order. Here that is done once per statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import repeat
from operator import attrgetter, itemgetter
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]
_Values = tuple[Any, ...]
_Read = Callable[[Any], _Values]
_Reader = Callable[[Sequence[str]], _Read]
_Bind = Callable[[Sequence[Any]], Sequence[Any]]
_Convert = Callable[[Any], Any]
_Name = TypeVar("_Name")


def of_mapping(names: Sequence[str]) -> _Read:
    """Return a function that reads the values of `names` from a mapping."""
    return _many(names, itemgetter)


def of_object(names: Sequence[str]) -> _Read:
    """Return a function that reads the values of `names` from an object's attributes."""
    return _many(names, attrgetter)


class Prepared:
    """One statement that is executed with many rows."""

    def __init__(
        self,
        statement: Insert | Update | Delete,
        columns: Sequence[str] | None = None,
        *,
        read: _Reader = of_mapping,
    ) -> None:
        """columns: those of an INSERT; None if the statement names its parameters. read: makes,
        of the parameters' names, the function that reads their values from a row; by default rows
        are mappings."""
        self._statement = statement
        self._columns = columns
        self._read = read
        self._compiled: WeakKeyDictionary[Dialect, tuple[str, _Bind]] = WeakKeyDictionary()

    def run(self, connection: Connection, rows: Sequence[Any]) -> None:
        """Execute it once for every row, if there are any."""
        if not rows:
            return
        compiled = self._compiled.get(connection.dialect)
        if compiled is None:
            compiled = self._compiled[connection.dialect] = self._compile(connection.dialect)
        text, bind = compiled
        connection.exec_driver_sql(text, bind(rows))

    def _compile(self, dialect: Dialect) -> tuple[str, _Bind]:
        statement = self._statement
        if isinstance(statement, Insert):
            statement = statement.inline()  # no RETURNING: generated values are not needed
        compiled: Any = statement.compile(dialect=dialect, column_keys=self._columns)
        return compiled.string, _binder(compiled, dialect, self._read)


class PreparedQuery:
    """One SELECT that is executed often; its rows are tuples with the columns' Python types."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Query] = WeakKeyDictionary()

    def rows(self, connection: Connection, values: Row | None = None) -> list[tuple[Any, ...]]:
        """Execute it and return the rows. values: of its parameters, by name."""
        query = self._compiled.get(connection.dialect)
        if query is None:
            query = self._compiled[connection.dialect] = self._compile(connection.dialect)
        text, bind, converters = query
        found = connection.exec_driver_sql(text, bind([values or {}])[0]).all()
        if not converters:
            return [tuple(row) for row in found]
        return [_converted(row, converters) for row in found]

    def _compile(self, dialect: Dialect) -> _Query:
        compiled: Any = self._statement.compile(dialect=dialect)
        converters = [
            (at, convert)
            for at, column in enumerate(self._statement.selected_columns)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]
        return compiled.string, _binder(compiled, dialect, of_mapping), converters


_Query = tuple[str, _Bind, list[tuple[int, _Convert]]]


def padded(names: Collection[_Name]) -> tuple[_Name, ...]:
    """Repeat the last name until there are 1, 2, 4, 8 ... of them: queries for any number of names
    then need few prepared statements."""
    found = tuple(names)
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))


def _converted(row: Sequence[Any], converters: Sequence[tuple[int, _Convert]]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert in converters:
        values[at] = convert(values[at])
    return tuple(values)


def _binder(compiled: SQLCompiler, dialect: Dialect, read: _Reader) -> _Bind:
    """Return what converts rows to the driver's parameters: tuples by position or dicts by name."""
    names = list((compiled.positiontup if compiled.positional else compiled.binds) or ())
    constants = {name: one.value for name, one in compiled.binds.items() if not one.required}
    values_of = read([name for name in names if name not in constants])
    given = {at: constants[name] for at, name in enumerate(names) if name in constants}
    converters = [
        (at, convert)
        for at, name in enumerate(names)
        if (convert := _bind_processor(compiled, name, dialect)) is not None
    ]

    def bind(rows: Sequence[Any]) -> Sequence[_Values]:
        if not names:
            return [()] * len(rows)
        # By column: each converter is then looked up once, not for every row.
        columns: list[Iterable[Any]] = list(zip(*map(values_of, rows), strict=True))
        for at, value in given.items():
            columns.insert(at, repeat(value, len(rows)))
        for at, convert in converters:
            columns[at] = map(convert, columns[at])
        return list(zip(*columns, strict=True))

    if compiled.positional:
        return bind
    return lambda rows: [dict(zip(names, values, strict=True)) for values in bind(rows)]


def _bind_processor(compiled: SQLCompiler, name: str, dialect: Dialect) -> _Convert | None:
    return compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)


def _many(names: Sequence[str], getter: Callable[..., Any]) -> _Read:
    """Apply `getter` to the names; it needs at least one, and returns a bare value for one."""
    if len(names) > 1:
        return getter(*names)
    one = getter(names[0]) if names else None
    return lambda row: () if one is None else (one(row),)
