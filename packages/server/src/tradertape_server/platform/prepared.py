"""Statements of hot paths: compiled once for an engine, then handed to its driver as they are.

What SQLAlchemy does for every execution (looking its cache up, binding, one converter a value)
costs more than SQLite needs for the rows of an order. Here that is done once a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]
_Bind = Callable[[Row], Any]
_Convert = Callable[[Any], Any]
_Name = TypeVar("_Name")


class Prepared:
    """One statement that is executed with many rows, each a mapping of its parameters."""

    def __init__(
        self, statement: Insert | Update | Delete, columns: Sequence[str] | None = None
    ) -> None:
        """columns: those of an INSERT; None where the statement names its parameters."""
        self._statement = statement
        self._columns = columns
        self._compiled: WeakKeyDictionary[Dialect, tuple[str, _Bind]] = WeakKeyDictionary()

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Execute it once for every row, if there are any."""
        if not rows:
            return
        compiled = self._compiled.get(connection.dialect)
        if compiled is None:
            compiled = self._compiled[connection.dialect] = self._compile(connection.dialect)
        text, bind = compiled
        connection.exec_driver_sql(text, [bind(row) for row in rows])

    def _compile(self, dialect: Dialect) -> tuple[str, _Bind]:
        statement = self._statement
        if isinstance(statement, Insert):
            statement = statement.inline()  # no RETURNING: nobody asks for what was generated
        compiled: Any = statement.compile(dialect=dialect, column_keys=self._columns)
        return compiled.string, _binder(compiled, dialect)


class PreparedQuery:
    """One SELECT that is asked again and again; its rows come as tuples of the columns' types."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._compiled: WeakKeyDictionary[Dialect, _Query] = WeakKeyDictionary()

    def rows(self, connection: Connection, values: Row | None = None) -> list[tuple[Any, ...]]:
        """What it finds. values: of its parameters, by name."""
        query = self._compiled.get(connection.dialect)
        if query is None:
            query = self._compiled[connection.dialect] = self._compile(connection.dialect)
        text, bind, converters = query
        found = connection.exec_driver_sql(text, bind(values or {})).all()
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
        return compiled.string, _binder(compiled, dialect), converters


_Query = tuple[str, _Bind, list[tuple[int, _Convert]]]


def padded(names: Collection[_Name]) -> tuple[_Name, ...]:
    """The names, the last again and again until they are 1, 2, 4, 8 ...: what is asked of any
    number of them needs few statements."""
    found = tuple(names)
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found))


def _converted(row: Sequence[Any], converters: Sequence[tuple[int, _Convert]]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert in converters:
        values[at] = convert(values[at])
    return tuple(values)


def _binder(compiled: SQLCompiler, dialect: Dialect) -> _Bind:
    """What turns a row into the driver's parameters: a tuple by position, or a dict by name."""
    constants = {name: one.value for name, one in compiled.binds.items() if not one.required}
    bind = _binder_of_all(compiled, dialect)
    return (lambda row: bind({**constants, **row})) if constants else bind


def _binder_of_all(compiled: SQLCompiler, dialect: Dialect) -> _Bind:
    converters = {
        name: convert
        for name, bound in compiled.binds.items()
        if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    if not compiled.positional:
        names = list(compiled.binds)
        return lambda row: {
            name: converters[name](row[name]) if name in converters else row[name] for name in names
        }
    order = list(compiled.positiontup or ())
    if not order:
        return lambda _row: ()
    if len(order) == 1:
        return lambda row: (converters.get(order[0], _same)(row[order[0]]),)
    values_of: Callable[[Row], tuple[Any, ...]] = itemgetter(*order)
    converted = [(at, converters[name]) for at, name in enumerate(order) if name in converters]

    def bind(row: Row) -> tuple[Any, ...]:
        values = list(values_of(row))
        for at, convert in converted:
            values[at] = convert(values[at])
        return tuple(values)

    return bind


def _same(value: Any) -> Any:
    return value
