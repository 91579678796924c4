"""The table behind a figure: every number that is drawn, one row per point."""

import csv
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go


def table_of(figure: go.Figure) -> dict[str, list[Any]]:
    """Columns series, x, y and value (the colour of a heat map), one row per drawn point.

    Series without a name are helpers of the drawing (dots, tangents) and called by their kind.
    """
    columns: dict[str, list[Any]] = {"series": [], "x": [], "y": [], "value": []}
    for trace in figure.data:
        for x, y, value in _points(trace):
            columns["series"].append(trace.name or trace.type)
            columns["x"].append(x)
            columns["y"].append(y)
            columns["value"].append(value)
    if not any(value is not None for value in columns["value"]):
        del columns["value"]
    # one kind per column, so that a table can show it: numbers stay numbers, a mixed axis becomes text
    return {
        name: values if len({isinstance(value, str) for value in values}) < 2 else [str(value) for value in values]
        for name, values in columns.items()
    }


def _points(trace: Any) -> list[tuple[Any, Any, Any]]:
    if "z" in trace and trace.z is not None:
        grid = np.asarray(trace.z)
        if grid.ndim == 2:
            xs = list(trace.x) if trace.x is not None else list(range(grid.shape[1]))
            ys = list(trace.y) if trace.y is not None else list(range(grid.shape[0]))
            return [(x, y, grid[i, j]) for i, y in enumerate(ys) for j, x in enumerate(xs)]
        return list(zip(trace.x, trace.y, grid, strict=True))
    if trace.x is None or trace.y is None:
        return []
    return [(x, y, None) for x, y in zip(trace.x, trace.y, strict=True)]


def as_csv(table: dict[str, list[Any]]) -> str:
    """`table` as comma-separated values with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return text.getvalue()
