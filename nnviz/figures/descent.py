"""Descent: the surface with the paths on it, scrubbed inside the chart; learning rates, schedules, mini-batches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnviz.descent import DescentPath, RateSweep
from nnviz.figures import _style
from nnviz.least_squares import LeastSquares, SampleDescent, Zigzag
from nnviz.surfaces import Surface, SurfaceGrid

_FRAMES = 60  # more would weigh more than the picture
_TAIL = 7  # points of the comet that runs along a path
_LIFT = 0.05  # how far above a 3-D surface its paths run, as a share of its height: they would sink into it
_LOWEST = 1e-16  # a height below is drawn here: float64 cannot tell it from 0
_GREY: Any = [[0, "rgba(95, 135, 150, 0.02)"], [1, "rgba(95, 135, 150, 0.36)"]]  # see-through: works on light and dark
_STONE: Any = [[0, "#e3ebee"], [1, "#5f8796"]]
_TRUE = {
    "scaleanchor": "x",
    "constrain": "domain",
}  # a gradient is at right angles to its contour only if drawn to scale
_INK = "#2f7de1"

Run = tuple[int, str, DescentPath, int]  # colour, name, the path of one start, how many of its points are drawn


def _scatter(x: Any, y: Any, colour: str, **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": {"color": colour, "width": 2}} | more


def _height(values: Any, grid: SurfaceGrid, logarithmic: bool) -> Any:
    """What is drawn upwards: J, or log₁₀(1 + J − lowest)."""
    return np.log10(1 + np.maximum(values - grid.lowest, 0)) if logarithmic else values


def _gaps(values: np.ndarray, lowest: float) -> np.ndarray:
    """Height above the lowest minimum, as far as a logarithmic axis can show it."""
    gaps = np.maximum(values - lowest, _LOWEST)
    return np.where(np.isfinite(gaps), gaps, np.nan)


def _light(values: Any) -> Any:
    """Half the weight on the way to the browser: what only colours a picture needs no more than seven digits."""
    return values.astype(np.float32)


def _axes(grid: SurfaceGrid) -> tuple[list[float], list[float]]:
    x, y = grid.axes
    return [float(x[0]), float(x[-1])], [float(y[0]), float(y[-1])]


def _contour(grid: SurfaceGrid, logarithmic: bool, **more: Any) -> dict[str, Any]:
    values = {"z": _light(_height(grid.values, grid, logarithmic))}
    if logarithmic:
        values["customdata"] = _light(grid.values)
    reading = "customdata" if logarithmic else "z"
    return {
        "type": "contour",
        "x": _light(grid.axes[0]),
        "y": _light(grid.axes[1]),
        **values,
        "colorscale": _GREY,
        "showscale": False,
        "ncontours": 22,
        "line": {"color": "rgba(95, 135, 150, 0.8)", "width": 0.7},
        "hovertemplate": f"(%{{x:.3g}}, %{{y:.3g}})<br>J = %{{{reading}:.4g}}<extra></extra>",
        **more,
    }


def _ground(surface: Surface, grid: SurfaceGrid, solid: bool) -> list[dict[str, Any]]:
    """The surface itself and its minima."""
    minima = np.array(surface.minima)
    star: dict[str, Any] = {
        "symbol": "x",
        "size": 9,
        "color": _style.PALETTE[6],
        "line": {"width": 1, "color": "white"},
    }
    named: dict[str, Any] = {"name": "minimum", "mode": "markers", "marker": star, "hoverinfo": "skip"}
    if surface.dimension == 1:
        floor = np.interp(minima[:, 0], grid.axes[0], grid.values)
        line = _scatter(
            grid.axes[0],
            grid.values,
            _style.FAINT,
            name="J(x)",
            showlegend=False,
            hoverinfo="skip",
            line=_line("solid"),
        )
        return [line, {"type": "scatter", "x": minima[:, 0], "y": floor, **named}]
    if not solid:
        marks = {"type": "scatter", "x": minima[:, 0], "y": minima[:, 1], **named}
        return [_contour(grid, surface.logarithmic), marks]
    heights = _height(grid.values, grid, surface.logarithmic)
    relief = {
        "type": "surface",
        "x": _light(grid.axes[0]),
        "y": _light(grid.axes[1]),
        "z": _light(heights),
        "colorscale": _STONE,
        "showscale": False,
        "customdata": _light(grid.values),
        "hovertemplate": "(%{x:.3g}, %{y:.3g})<br>J = %{customdata:.4g}<extra></extra>",
        "contours": {"z": {"show": True, "color": "rgba(60, 80, 90, 0.5)", "width": 1}},
    }
    lift = float(heights.min()) + _LIFT * float(np.ptp(heights))
    small = {"symbol": "x", "size": 4, "color": _style.PALETTE[6]}
    place = {"x": minima[:, 0], "y": minima[:, 1], "z": np.full(len(minima), lift)}
    return [relief, {"type": "scatter3d", **place, **named, "marker": small}]


def _runs(surface: Surface, paths: Mapping[str, DescentPath]) -> list[Run]:
    runs = []
    for colour, (name, path) in enumerate(paths.items()):
        shown = path.inside(surface.region)
        runs += [(colour, name, path.of_start(i), int(count)) for i, count in enumerate(shown)]
    return runs


def _coordinates(run: Run, surface: Surface, grid: SurfaceGrid, solid: bool) -> list[np.ndarray]:
    """x, y (and z) of the drawn points of one path."""
    _, _, path, count = run
    points, values = path.points[:count], path.values[:count]
    if surface.dimension == 1:
        return [points[:, 0], values]
    flat = [points[:, 0], points[:, 1]]
    floor = _height(grid.values, grid, surface.logarithmic)
    lifted = _height(values, grid, surface.logarithmic) + _LIFT * float(np.ptp(floor))
    return [*flat, lifted] if solid else flat


def _trail(run: Run, place: Sequence[np.ndarray], first: bool) -> dict[str, Any]:
    """The whole path, quietly: what moves is drawn on top of it."""
    colour, name, path, count = run
    shade = _style.PALETTE[colour % 8]
    solid = len(place) == 3
    line: dict[str, Any] = {"color": shade, "width": 5 if solid else 2}
    if not solid:
        line["dash"] = _style.DASHES[colour % 8]
    return {
        "type": "scatter3d" if solid else "scatter",
        "mode": "lines+markers",
        **dict(zip("xyz", place, strict=False)),
        "name": name,
        "legendgroup": name,
        "showlegend": first,
        "opacity": 0.75,
        "line": line,
        "marker": {"size": 2.5 if solid else 4, "color": shade},
        "customdata": np.stack([np.arange(count), path.values[:count]], axis=1),
        "hovertemplate": "step %{customdata[0]:.0f}: J = %{customdata[1]:.5g}<extra>" + name + "</extra>",
    }


def _comet(places: Sequence[Sequence[np.ndarray]], step: int) -> dict[str, list[float | None]]:
    """The last few points up to `step` of every path, as many entries in every frame."""
    moving: dict[str, list[float | None]] = {}
    for axis, name in enumerate("xyz"[: len(places[0])]):
        found: list[float | None] = []
        for place in places:
            values = place[axis]
            ends = min(step, len(values) - 1)  # a path that was cut stays where it was cut
            found += [float(values[ends - back]) if ends >= back else None for back in reversed(range(_TAIL))]
        moving[name] = found
    return moving


def _cursor(runs: Sequence[Run], lowest: float, step: int) -> dict[str, list[float]]:
    ends = [min(step, count - 1) for *_, count in runs]
    heights = [max(float(path.values[end]) - lowest, _LOWEST) for (*_, path, _), end in zip(runs, ends, strict=True)]
    return {"x": [float(end) for end in ends], "y": heights}


def draw_descent(
    surface: Surface, grid: SurfaceGrid, paths: Mapping[str, DescentPath], solid: bool = False
) -> go.Figure:
    """The paths on the surface, their height above the lowest minimum below, and a slider that runs along them.

    `paths` by label, each of k starts (points (steps + 1, k, d)); `solid` draws a surface of two weights in 3-D. The
    frames move two small traces only. What one may conclude: a straight line downwards in the lower panel is
    a constant factor per step; where the line flattens above 0, the descent sits in another minimum or crawls.
    """
    solid = solid and surface.dimension == 2
    runs = _runs(surface, paths)
    places = [_coordinates(run, surface, grid, solid) for run in runs]
    seen: set[str] = set()
    traces = _ground(surface, grid, solid)
    for run, place in zip(runs, places, strict=True):
        traces.append(_trail(run, place, run[1] not in seen))
        seen.add(run[1])
    for colour, name, path, count in runs:
        line = {"color": _style.PALETTE[colour % 8], "width": 2, "dash": _style.DASHES[colour % 8]}
        hover = "step %{x}: %{y:.4g} above the lowest minimum<extra>" + name + "</extra>"
        below = {"x": np.arange(count), "y": _gaps(path.values[:count], grid.lowest), "xaxis": "x2", "yaxis": "y2"}
        traces.append(
            {"type": "scatter", "mode": "lines", **below, "line": line, "legendgroup": name}
            | {"showlegend": False, "hovertemplate": hover}
        )
    last = len(next(iter(paths.values())).learning_rates)
    colours = [_style.PALETTE[colour % 8] for colour, *_ in runs]
    sizes = np.tile(np.linspace(0.35, 1, _TAIL) ** 2 * (8 if solid else 14), len(runs))
    dots = {
        "mode": "markers",
        "showlegend": False,
        "hoverinfo": "skip",
    }
    edge = {"width": 1.5, "color": "white"}
    comet = {
        "type": "scatter3d" if solid else "scatter",
        **dots,
        **_comet(places, last),
        "marker": {"size": sizes, "color": np.repeat(colours, _TAIL), "line": edge, "opacity": 1},
    }
    cursor = {
        "type": "scatter",
        **dots,
        **_cursor(runs, grid.lowest, last),
        "xaxis": "x2",
        "yaxis": "y2",
        "cliponaxis": False,
        "marker": {"size": 11, "color": colours, "line": edge},
    }
    moving = [len(traces), len(traces) + 1]
    traces += [comet, cursor]
    steps = np.unique(np.linspace(0, last, min(last + 1, _FRAMES)).round().astype(int))
    frames = [
        {
            "name": str(step),
            "data": [
                {"type": comet["type"], **_comet(places, step)},
                {"type": "scatter", **_cursor(runs, grid.lowest, step)},
            ],
            "traces": moving,
        }
        for step in steps
    ]
    figure = _style.figure(
        traces,
        700 if surface.dimension == 1 else 800,
        **_descent_layout(surface, grid, runs, solid, last),
        **_player(runs, steps, surface.dimension == 2),
    )
    figure.frames = frames
    return figure


def _descent_layout(surface: Surface, grid: SurfaceGrid, runs: Sequence[Run], solid: bool, last: int) -> dict[str, Any]:
    upper, lower = [0.4, 1], [0.0, 0.26]
    layout: dict[str, Any] = {
        "margin": {"l": 64, "r": 8, "t": 36, "b": 150},
        "xaxis2": _style.axis("step", anchor="y2", range=[-0.02 * last, 1.02 * last]),
        "yaxis2": _style.log_axis("J − lowest J", domain=lower, anchor="x2"),
    }
    if surface.dimension == 1:
        low, high = float(grid.values.min()), float(grid.values.max())
        room = 0.06 * (high - low)
        layout["xaxis"] = _style.axis("x", range=[float(grid.axes[0][0]), float(grid.axes[0][-1])], anchor="y")
        return layout | {"yaxis": _style.axis("J(x)", range=[low - room, high + room], domain=upper)}
    x, y = _axes(grid)
    if not solid:
        layout["xaxis"] = _style.axis("x", range=x, anchor="y", constrain="domain")
        return layout | {"yaxis": _style.axis("y", range=y, domain=upper, **_TRUE)}
    up = "log₁₀(1 + J − lowest)" if surface.logarithmic else "J"
    heights = _height(grid.values, grid, surface.logarithmic)
    layout["scene"] = {
        "domain": {"x": [0, 1], "y": upper},
        "xaxis": {"title": {"text": "x"}, "range": x},
        "yaxis": {"title": {"text": "y"}, "range": y},
        "zaxis": {"title": {"text": up}, "range": [float(heights.min()), float(heights.max())]},
        "camera": {"eye": {"x": -0.8, "y": -1.35, "z": 1.45}},
        "aspectmode": "manual",
        "aspectratio": {"x": 1.25, "y": 1.25, "z": 0.75},
    }
    return layout


def _player(runs: Sequence[Run], steps: np.ndarray, redraw: bool) -> dict[str, Any]:
    """A slider with one stop per frame and two buttons; everything happens in the browser.

    `redraw`: Plotly wipes contours, and never moves points in 3-D, if a frame is not drawn anew as a whole.
    """
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": redraw}, "transition": {"duration": 0}}

    def label(step: int) -> str:
        if len(runs) > 1:
            return str(step)
        *_, path, count = runs[0]
        return f"{step}: J = {_style.short(float(path.values[step]))}" if step < count else f"{step}: gone"

    hidden = {"size": 1, "color": "rgba(0, 0, 0, 0)"}  # one label at a time, the current one
    slider = {
        "active": len(steps) - 1,
        "x": 0,
        "len": 1,
        "y": 0,
        "pad": {"t": 62, "b": 0},
        "ticklen": 0,
        "minorticklen": 0,
        "font": hidden,
        "bgcolor": _style.PALETTE[7],
        "activebgcolor": _INK,
        "bordercolor": _style.PALETTE[7],
        "currentvalue": {"prefix": "step ", "xanchor": "right", "offset": 22, "font": {"size": 15, "color": _INK}},
        "steps": [{"method": "animate", "label": label(int(s)), "args": [[str(s)], at_once]} for s in steps],
    }
    pace = max(40, min(150, 4_000 // len(steps)))  # milliseconds per frame: about four seconds for the whole path
    play = {**at_once, "frame": {"duration": pace, "redraw": redraw}, "fromcurrent": False}
    buttons = {
        "type": "buttons",
        "direction": "right",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 56, "r": 0, "l": 0},
        "font": {"color": _INK},
        "bordercolor": _style.PALETTE[7],
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], at_once]},
        ],
    }
    return {"sliders": [slider], "updatemenus": [buttons]}


def draw_sweep(sweep: RateSweep, rate: float, start_gap: float, law: str) -> go.Figure:
    """Height above the lowest minimum after the same number of steps, for many learning rates.

    `rate`: the one in use; `start_gap`: the height at the start; `law`: the name of the limit, such as 2/λ_max. What
    one may conclude: everything above the dotted line is worse than not having moved.
    """
    rates = sweep.learning_rates
    heights = _gaps(sweep.gaps, 0.0)
    ends = float(rates[0]), float(rates[-1])
    top = np.log10(max(start_gap, _LOWEST)) + 3
    drawn = heights[np.isfinite(heights)]
    bottom = max(np.log10(drawn.min()) if drawn.size else -1.0, top - 22) - 0.5
    line = _scatter(
        rates,
        heights,
        _style.PALETTE[0],
        mode="lines+markers",
        showlegend=False,
        marker={"size": 5},
        hovertemplate="learning rate %{x:.4g}<br>%{y:.4g} above the lowest minimum<extra></extra>",
    )
    floor, roof = float(10**bottom), float(10**top)
    marks = [
        _scatter(ends, (start_gap, start_gap), _style.FAINT, name="height of the start", line=_line("dot")),
    ]
    shapes = []
    if np.isfinite(sweep.limit):
        shapes.append(_style.band(sweep.limit, ends[1]))
        name = f"{law} = {_style.short(sweep.limit)}"
        marks.append(_upright(sweep.limit, floor, roof, name, _style.PALETTE[6], "dash"))
    if ends[0] <= rate <= ends[1]:
        marks.append(_upright(rate, floor, roof, f"in use: {_style.short(rate)}", _style.PALETTE[1], "solid"))
    return _style.figure(
        [line, *marks],
        400,
        shapes=shapes,
        xaxis=_style.log_axis("learning rate η", (float(np.log10(ends[0])), float(np.log10(ends[1])))),
        yaxis=_style.log_axis("J − lowest J at the end", (float(bottom), float(top))),
    )


def _line(dash: str) -> dict[str, Any]:
    return {"color": _style.FAINT, "width": 1.5, "dash": dash}


def _upright(x: float, low: float, high: float, name: str, colour: str, dash: str) -> dict[str, Any]:
    """A vertical line with a name in the legend, where no label can collide with it."""
    line = {"color": colour, "width": 2, "dash": dash}
    return _scatter((x, x), (low, high), colour, name=name, line=line, hoverinfo="skip")


def draw_schedules(surface: Surface, lowest: float, paths: Mapping[str, DescentPath]) -> go.Figure:
    """The learning rate of each step above, the height above the lowest minimum it leads to below.

    `paths` of one start by the schedule's label. What one may conclude: a schedule pays where a constant rate hovers
    or would fly off at the start; on a smooth bowl it only costs steps.
    """
    traces = []
    for i, (name, path) in enumerate(paths.items()):
        shade, count = _style.PALETTE[i % 8], int(path.inside(surface.region)[0])
        look = {"color": shade, "width": 2.5, "dash": _style.DASHES[i % 8]}
        shared = {"name": name, "legendgroup": name, "line": look}
        hover = "step %{x}: %{y:.4g}<extra>" + name + "</extra>"
        steps = np.arange(len(path.learning_rates))
        traces.append(_scatter(steps, path.learning_rates, shade) | shared | {"hovertemplate": hover})
        gaps = _gaps(path.values[:count], lowest)
        below = {"xaxis": "x", "yaxis": "y2", "showlegend": False, "hovertemplate": hover}
        traces.append(_scatter(np.arange(count), gaps, shade) | shared | below)
    return _style.figure(
        traces,
        520,
        xaxis=_style.axis("step", anchor="y2"),
        yaxis=_style.axis("learning rate η", domain=[0.56, 1], rangemode="tozero"),
        yaxis2=_style.log_axis("J − lowest J", domain=[0, 0.47]),
    )


def _cut(descent: SampleDescent, region: tuple[tuple[float, float], ...]) -> int:
    """How many points of a descent on samples can be drawn."""
    (left, right), (low, high) = region
    with np.errstate(invalid="ignore"):
        x, y = descent.points[:, 0], descent.points[:, 1]
        near = (abs(x - left) <= 3 * (right - left)) & (abs(y - low) <= 3 * (high - low)) & np.isfinite(descent.losses)
    return len(near) if near.all() else int(near.argmin())


def draw_samples(
    problem: LeastSquares,
    grid: SurfaceGrid,
    descents: Mapping[str, SampleDescent],
    names: tuple[str, str],
    by_samples: bool = False,
) -> go.Figure:
    """Descents with batches of different size on one loss: their paths above, the loss of all samples below.

    `by_samples` counts what was looked at instead of steps. What one may conclude: per step the full batch is best,
    per sample the small batches are, and at a constant rate only the full batch comes to rest.
    """
    x, y = _axes(grid)
    region = ((x[0], x[1]), (y[0], y[1]))
    traces = [_contour(grid, False, xaxis="x", yaxis="y")]
    for i, (name, descent) in reversed(list(enumerate(descents.items()))):
        shade, count = _style.PALETTE[i % 8], _cut(descent, region)
        shared = {"name": name, "legendgroup": name, "legendrank": i}
        look = {"color": shade, "width": 2 if i == 0 else 1.5}
        path = _scatter(descent.points[:count, 0], descent.points[:count, 1], shade, mode="lines+markers")
        marker = {"size": 6 if i == 0 else 4, "color": shade}
        hover = "(%{x:.3g}, %{y:.3g})<extra>" + name + "</extra>"
        traces.append(path | shared | {"line": look, "marker": marker, "opacity": 0.85, "hovertemplate": hover})
        counted = (descent.seen if by_samples else np.arange(len(descent.seen)))[:count]
        gaps = _gaps(descent.losses[:count], problem.lowest)
        below = {"xaxis": "x2", "yaxis": "y2", "showlegend": False, "line": look | {"dash": _style.DASHES[i]}}
        hover = "%{x}: %{y:.4g} above the best loss<extra>" + name + "</extra>"
        traces.append(_scatter(counted, gaps, shade) | shared | below | {"hovertemplate": hover})
    star = {"symbol": "x", "size": 11, "color": _style.PALETTE[6], "line": {"width": 1, "color": "white"}}
    best = {"x": problem.solution[:1], "y": problem.solution[1:], "marker": star, "hoverinfo": "skip"}
    traces.append({"type": "scatter", "mode": "markers", "name": "least squares", "legendrank": 9, **best})
    counter = _style.log_axis("samples looked at", anchor="y2") if by_samples else _style.axis("step", anchor="y2")
    return _style.figure(
        traces,
        720,
        xaxis=_style.axis(f"weight of {names[0]}", range=x, anchor="y", constrain="domain"),
        yaxis=_style.axis(f"weight of {names[1]}", range=y, domain=[0.4, 1], **_TRUE),
        xaxis2=counter,
        yaxis2=_style.log_axis("loss − best loss", domain=[0, 0.3], anchor="x2"),
    )


def draw_zigzag(result: Zigzag, loss: float) -> go.Figure:
    """The same problem side by side: inputs all positive, and the same inputs minus their mean.

    Shaded around each start: the directions in which a single sample can move the two weights. The paths end where
    the loss of all samples first is at most `loss`.
    """
    pairs = (
        ("positive inputs", result.positive, result.positive_descent, ""),
        ("centred inputs", result.centred, result.centred_descent, "2"),
    )
    goal = result.positive.solution
    reach = 1.35 * float(np.linalg.norm(goal))
    middle = goal / 2
    window = [(float(centre - reach), float(centre + reach)) for centre in middle]
    traces: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes = []
    for i, (label, problem, descent, panel) in enumerate(pairs):
        on = {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}
        traces.append(_contour(problem.grid(tuple(window)), False, hoverinfo="skip", **on))
        reached = descent.reached(loss)
        count = len(descent.points) if reached is None else reached + 1
        shade = _style.PALETTE[1 - i]
        steps = {"customdata": np.stack([np.arange(count), descent.losses[:count]], axis=1)}
        hover = "step %{customdata[0]:.0f}: loss %{customdata[1]:.3g}<extra></extra>"
        path = _scatter(descent.points[:count, 0], descent.points[:count, 1], shade, mode="lines+markers")
        traces.append(path | on | steps | {"marker": {"size": 5}, "name": label, "hovertemplate": hover})
        ends = {"x": [0.0, goal[0]], "y": [0.0, goal[1]], "hoverinfo": "skip", "showlegend": False}
        marker = {"symbol": ["circle", "x"], "size": 11, "color": [shade, _style.PALETTE[6]]}
        edge = {"line": {"width": 1.5, "color": "white"}}
        traces.append({"type": "scatter", "mode": "markers", **ends, **on, "marker": marker | edge})
        for sign in (1, -1) if i == 0 else ():
            shapes.append(
                {"type": "rect", "x0": 0, "x1": sign * 3 * reach, "y0": 0, "y1": sign * 3 * reach, "layer": "above"}
                | {
                    "xref": f"x{panel}",
                    "yref": f"y{panel}",
                    "fillcolor": "rgba(224, 108, 31, 0.13)",
                    "line": {"width": 0},
                }
            )
        found = f"{reached} steps" if reached is not None else f"not within {len(descent.learning_rates)} steps"
        place = {"xref": f"x{panel} domain", "yref": f"y{panel} domain"}
        title = {"text": f"{label}<br>{found}", "showarrow": False, "xanchor": "center", "yanchor": "bottom"}
        notes.append({"x": 0.5, "y": 1.02, **title, **place})
    return _style.figure(
        traces,
        460,
        shapes=shapes,
        annotations=notes,
        showlegend=False,
        margin={"l": 56, "r": 8, "t": 56, "b": 48},
        xaxis=_style.axis("weight 1", range=list(window[0]), domain=[0, 0.46]),
        yaxis=_style.axis("weight 2", range=list(window[1])),
        xaxis2=_style.axis("weight 1", range=list(window[0]), domain=[0.54, 1], anchor="y2"),
        yaxis2=_style.axis("", range=list(window[1]), anchor="x2", showticklabels=False),
    )
