"""`History`: one row of figures for each epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, overload

from tt_core.errors import StateError

Row = dict[str, Any]
"""Figures by name: numbers, text, or (nested) lists of them, as JSON can hold them."""

Mode = Literal["min", "max"]


class History(Sequence[Row]):
    """The figures of each epoch of a training: a row by number, a column by name.

    Attributes:
        interrupted: whether Ctrl-C ended the last fit before its time.

    >>> history = History([{"epoch": 1, "loss": 0.7}, {"epoch": 2, "loss": 0.4}])
    >>> history["loss"]
    [0.7, 0.4]
    >>> history[-1]
    {'epoch': 2, 'loss': 0.4}
    >>> print(history)
    epoch    loss
        1     0.7
        2     0.4
    """

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.rows = list(rows)
        self.interrupted = False

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> list[Row]: ...
    @overload
    def __getitem__(self, key: str) -> list[Any]: ...
    def __getitem__(self, key: int | slice | str) -> Row | list[Row] | list[Any]:
        """Return a row, rows, or a column; in a column, epochs that lack the figure have nan.

        Raises:
            StateError: no epoch has a figure of this name.
        """
        if not isinstance(key, str):
            return self.rows[key]
        if key not in self.names:
            message = f"expected a figure that was taken ({', '.join(self.names) or 'none was'}); got {key!r}"
            raise StateError(message)
        return [row.get(key, math.nan) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def names(self) -> list[str]:
        """The names of all figures, in the order in which they came."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def best(self, name: str, mode: Mode = "min") -> Row:
        """Return the row with the smallest, or largest, figure of a name; the first of equal ones; nan is no figure.

        Raises:
            StateError: there is none.
        """
        rows = [row for row, value in zip(self.rows, self[name], strict=True) if not math.isnan(value)]
        if not rows:
            message = f"expected an epoch in which {name!r} is a number; got nan in all {len(self)}"
            raise StateError(message)
        return (min if mode == "min" else max)(rows, key=lambda row: float(row[name]))

    def state_dict(self) -> dict[str, Any]:
        """Return the rows."""
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to the rows that `state_dict` returned."""
        self.rows = [dict(row) for row in state["rows"]]

    def __str__(self) -> str:
        """Return a table of all figures that are single."""
        names = [name for name in self.names if not isinstance(self[name][-1], list)]
        cells = [names, *([_cell(row.get(name)) for name in names] for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(names))]
        return "\n".join("   ".join(cell.rjust(n) for cell, n in zip(row, widths, strict=True)) for row in cells)

    def __repr__(self) -> str:
        return f"<History of {len(self)} epochs: {', '.join(self.names)}>"


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
