"""Notebook: the chart and the verdict of a run, or of the runs of a folder, where one works."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

from diagnostics import Curve, Key, LogError, Pair, Run, RunDiagnosis, diagnose_run, open_logs
from diagnostics.report.close_up import close_up, log_by_default
from diagnostics.report.courses import courses
from diagnostics.report.neutral import printable
from diagnostics.report.results import Result, judged, need_runs, worst_first
from diagnostics.report.run_names import short_names
from diagnostics.report.words import as_charted, attention, costs, headline, metric

if TYPE_CHECKING:
    import altair as alt

MOST = 20  # names in a sentence
WIDTH, HEIGHT = 640, 260
SMALL, SMALL_WIDTH, SMALL_HEIGHT, COLUMNS, NAME = 12, 190, 110, 3, 30  # charts of a folder, and characters of a name
LINE = 110  # characters of the reason on a line of the title

CLOSE = 'Zoomed in on validation; height="all" shows both curves whole.'
Numbers = Sequence[float] | Curve
Height = Literal["validation", "all"]
Theme = Literal["light", "dark"]


def show(
    source: Run | str | Path | Numbers,
    val: Numbers | None = None,
    *,
    run: str | None = None,
    height: Height = "validation",
    theme: Theme = "light",
) -> alt.LayerChart | alt.FacetChart:
    """Curves with their verdicts, as an Altair chart, which a notebook draws: one run large, or many small.

    Parameters
    ----------
    source
        A run of ``open_logs``; or a folder or URL of logs; or the training losses, with the validation losses as
        ``val``.
    val
        The validation losses, where ``source`` is the training losses: a sequence, one per epoch, or a ``Curve``.
    run
        Which run of a folder; by default all of them are drawn, small, those first that need attention most.
    height
        How much of the vertical axis is shown of one run. By default, where it overfits, as much as its validation
        needs: the rise is seen, and the training loss may leave at the bottom. ``"all"`` shows both curves whole.
    theme
        The colors: ``"light"`` or ``"dark"``, as the notebook's background is.

    Returns
    -------
    alt.LayerChart or alt.FacetChart
        One run, or several; ``.save("run.html")`` writes it to a file.

    Raises
    ------
    ImportError
        If Altair is not installed.
    LogError
        If the folder cannot be read, or holds no run, or none of this name.
    ValueError
        If losses are given for one side only.

    Examples
    --------
    >>> from fitwatch import show
    >>> chart = show("runs", run="exp")
    >>> chart.title.text
    'exp: Overfitting, clearly, since epoch 21'
    """
    try:
        import altair  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError("show needs the package altair, which is not installed; run: pip install altair") from error
    if isinstance(source, str | Path):
        return _of_folder(source, run, height, theme)
    shown = source if isinstance(source, Run) else _run_of(source, val)
    return _chart(shown.name, shown, diagnose_run(shown), height, theme)


def _of_folder(place: str | Path, name: str | None, height: Height, theme: Theme) -> alt.LayerChart | alt.FacetChart:
    """The run of this name, or the only one, large; else the runs that need attention most, small."""
    logs = need_runs(open_logs(place))
    results = [result for result in worst_first(judged(logs)) if name in (None, result[0].name)]
    if not results:
        raise LogError(f"found no run {name!r} in {place}; it has {', '.join(sorted(logs.runs)[:MOST])}")
    if len(results) > 1:
        return _small_charts(results, theme)
    run, diagnosis = results[0]
    return _chart(Path(str(place)).name if run.name == "." else run.name, run, diagnosis, height, theme)


def _small_charts(results: Sequence[Result], theme: Theme) -> alt.FacetChart:
    """A small chart for each run, each on axes of its own, below how many need attention."""
    import altair as alt

    from app.charts.frames import lines
    from app.charts.look import DASHES, LINES, SIDES

    names = short_names([run.name for run, _ in results], most=NAME)
    shown = {
        f"{printable(names[run.name])}\n{headline(diagnosis, run.unit)}": run for run, diagnosis in results[:SMALL]
    }
    rows = [
        {"run": heading, **row}
        for heading, run in shown.items()
        for row in json.loads(lines(dict(zip(SIDES, (run.train, run.val), strict=True))).to_json(orient="records"))
    ]
    worst = f"The {SMALL} that need attention most; o" if len(results) > SMALL else "O"
    below = f"{worst}ne of them large: show(folder, run=NAME)."
    legend = alt.Legend(orient="top", title=None, symbolType="stroke", symbolOpacity=1)
    chart = alt.Chart(alt.Data(values=rows)).mark_line(strokeWidth=1.7)
    return (
        chart.encode(
            x=alt.X("x:Q").title(None).axis(tickCount=4, grid=False),
            y=alt.Y("y:Q").title(None).axis(tickCount=4).scale(zero=False),
            color=alt.Color("side:N").scale(domain=SIDES, range=LINES[theme][:2]).legend(legend),
            strokeDash=alt.StrokeDash("side:N").scale(domain=SIDES, range=DASHES).legend(legend),
        )
        .properties(width=SMALL_WIDTH, height=SMALL_HEIGHT)
        .facet(
            alt.Facet("run:N")
            .title(None)
            .sort(list(shown))
            .header(labelExpr="split(datum.label, '\\n')", labelAnchor="start", labelLimit=SMALL_WIDTH),
            columns=COLUMNS,
        )
        .resolve_scale(x="independent", y="independent")
        .properties(title=alt.Title(attention(result[1].verdict for result in results), subtitle=below, anchor="start"))
    )


def _chart(name: str, run: Run, diagnosis: RunDiagnosis, height: Height, theme: Theme) -> alt.LayerChart:
    import altair as alt

    from app.charts.axes import View
    from app.charts.curves import CurvesLook, curves_spec
    from app.charts.frames import curves_data

    word, better_up = run.unit, run.primary is not None and run.primary.higher_is_better
    close = close_up(run, diagnosis) if height == "validation" else None
    log = close.log if close is not None else log_by_default(run, diagnosis)
    look = CurvesLook(word.capitalize(), metric(run.primary), theme, log=log, higher_is_better=better_up, height=HEIGHT)
    spec = curves_spec(look)
    tables = curves_data(run, diagnosis, word, View(log=log, heights=None if close is None else close[:2]))
    data: dict[str, Any] = {key: json.loads(table.to_json(orient="records")) for key, table in tables.items()}
    below = [
        costs(courses(run), metric(run.primary), diagnosis.verdict),
        *_lines(as_charted(diagnosis.reason, run.unit)),
        *([CLOSE] if close is not None else []),
    ]
    title = alt.Title(f"{name}: {headline(diagnosis, run.unit)}", subtitle=[*filter(None, below)], anchor="start")
    chart = alt.LayerChart.from_dict({**spec, "datasets": data})
    return chart.properties(title=title, width=WIDTH)


def _run_of(train: Numbers, val: Numbers | None) -> Run:
    """Losses from anywhere as a run."""
    if val is None:
        raise ValueError("found training losses alone; give the validation losses, too: show(train, val)")
    keys = Key("losses", "loss/train"), Key("losses", "loss/val")
    sides = [side if isinstance(side, Curve) else Curve.of(side) for side in (train, val)]
    pair = Pair("loss", *keys)
    curves = dict(zip(keys, sides, strict=True))
    return Run("losses", curves, primary=pair, pairs=(pair,), why="given", x_axis="epoch")


def _lines(text: str) -> list[str]:
    """A sentence in lines that a title has room for."""
    return wrap(text, LINE)
