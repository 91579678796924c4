"""The table behind a figure holds every drawn number."""

import csv
import io

import nnviz
from nnviz.figures.activations import draw_curves, draw_jacobian
from nnviz.figures.gradients import draw_gradients
from nnviz.figures.table import as_csv, table_of


def test_a_curve_s_table_has_a_row_per_point_of_each_panel():
    curve = nnviz.activation_curve("tanh", [-1.0, 0.0, 2.0])
    table = table_of(draw_curves({"tanh": curve}, {}))
    assert table["x"] == [*curve.x, *curve.x]
    assert table["y"] == [*curve.y, *curve.slope]
    assert set(table["series"]) == {"tanh"}
    assert "value" not in table


def test_a_heat_map_s_table_has_a_row_per_cell():
    result = nnviz.softmax_outputs([1.0, 2.0, 4.0])
    table = table_of(draw_jacobian(result.jacobian, "p"))
    assert table["value"] == [*result.jacobian.reshape(-1)]
    assert table["x"][:3] == ["z<sub>1</sub>", "z<sub>2</sub>", "z<sub>3</sub>"]
    assert table["y"][:3] == ["p<sub>1</sub>"] * 3


def test_the_csv_reads_back_as_the_table():
    result = nnviz.layer_gradients(nnviz.NetworkSpec(depth=3, width=4, batch=8))
    table = table_of(draw_gradients(result, "biases"))
    header, *rows = csv.reader(io.StringIO(as_csv(table)))
    assert header == list(table)
    assert [float(row[2]) for row in rows] == list(result.bias_norm)
