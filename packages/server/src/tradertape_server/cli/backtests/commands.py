"""`tradertape backtest`: run strategies over the past, examine them, show saved runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tradertape_server.cli.backtests.options import (
    BacktestOptions,
    SavedRun,
    with_backtest_options,
    with_study_options,
)
from tradertape_server.cli.output import AsJson

HELP = """Run a strategy over the past, and examine how robust the result is.

The studies do what the API's do, on this machine or the cluster, of a backtest or of a saved run
(--run), and store nothing. Ctrl-C stops one; what was found so far is printed, and the exit code
is 1.

Exit codes: 0 success, 1 failure (the message gives the reason) or a look-ahead check that found
differences, 2 invalid usage.
"""

app = typer.Typer(no_args_is_help=True, add_completion=False, help=HELP)

Html = Annotated[Path | None, typer.Option(help="Write a tear sheet here.")]
TradesCsv = Annotated[Path | None, typer.Option(help="Write the trades here.")]
Params = Annotated[
    list[str],
    typer.Option(
        "--param",
        metavar="NAME=VALUES",
        help="A parameter or /json/pointer with values 4,5,6 or min:max:step. Repeatable.",
    ),
]
Metric = Annotated[str, typer.Option(help="The metric to rank by.")]
MinTrades = Annotated[int, typer.Option(min=0, help="Rows with fewer trades rank last.")]
Top = Annotated[int, typer.Option(min=1, help="How many rows to print.")]


@app.command()
@with_backtest_options
def run(
    backtest: BacktestOptions,
    engine: Annotated[
        str, typer.Option(help="auto, numba or python; all give the same trades.")
    ] = "auto",
    html: Html = None,
    trades_csv: TradesCsv = None,
    name: Annotated[str, typer.Option(help="The name of a saved run.")] = "",
    save: Annotated[bool, typer.Option("--save", help="Store the run; needs --user.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a backtest and print its report.

    The very first run builds the simulated market, unless data was imported before.
    """
    from tradertape_server.cli.backtests import run as work

    options = replace(backtest, engine=engine, name=name)
    result = work.run_saved(options) if save else work.run_plain(options)
    work.write_files(result, html=html, trades_csv=trades_csv)
    work.show_report(result, as_json=as_json)


@app.command()
@with_study_options
def sweep(
    examined: BacktestOptions | SavedRun,
    param: Params,
    metric: Metric = "sharpe",
    min_trades: MinTrades = 10,
    top: Top = 10,
    as_json: AsJson = False,
) -> None:
    """Try every combination of some parameters and print the best rows."""
    from tradertape_server.cli.backtests import studies

    studies.run_study(
        examined,
        {"kind": "sweep", "metric": metric, "min_trades": min_trades},
        params=param,
        top=top,
        as_json=as_json,
    )


@app.command()
@with_study_options
def search(
    examined: BacktestOptions | SavedRun,
    param: Annotated[
        list[str],
        typer.Option(
            "--param",
            metavar="NAME=VALUES",
            help="A parameter or /json/pointer with values 4,5,6, min:max or min:max:step. "
            "Repeatable.",
        ),
    ],
    trials: Annotated[int, typer.Option(help="How many combinations to try.")] = 100,
    metric: Metric = "sharpe",
    min_trades: MinTrades = 10,
    top: Top = 10,
    as_json: AsJson = False,
) -> None:
    """Try combinations that Optuna proposes and print the best rows.

    Each batch learns from the earlier ones; the same --seed proposes the same.
    """
    from tradertape_server.cli.backtests import studies

    studies.run_study(
        examined,
        {"kind": "search", "trials": trials, "metric": metric, "min_trades": min_trades},
        params=param,
        top=top,
        as_json=as_json,
    )


@app.command("walk-forward")
@with_study_options
def walk_forward(
    examined: BacktestOptions | SavedRun,
    param: Params,
    train_months: Annotated[int, typer.Option(help="Months on which values are chosen.")] = 24,
    test_months: Annotated[int, typer.Option(help="Months after them that test the choice.")] = 6,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="Every choice looks back to the first day.")
    ] = False,
    metric: Metric = "sharpe",
    min_trades: MinTrades = 10,
    as_json: AsJson = False,
) -> None:
    """Choose values on each stretch of months and test them on the months after it."""
    from tradertape_server.cli.backtests import studies

    request = {
        "kind": "walk_forward",
        "train_months": train_months,
        "test_months": test_months,
        "anchored": anchored,
        "metric": metric,
        "min_trades": min_trades,
    }
    studies.run_study(examined, request, params=param, as_json=as_json)


@app.command("monte-carlo")
@with_study_options
def monte_carlo(
    examined: BacktestOptions | SavedRun,
    method: Annotated[
        str, typer.Option(help="daily_blocks, trade_blocks, bootstrap or shuffle.")
    ] = "daily_blocks",
    runs: Annotated[int, typer.Option(help="How many draws.")] = 1000,
    block_days: Annotated[int, typer.Option(help="Mean length of a block, in days.")] = 20,
    ruin_pct: Annotated[
        float, typer.Option("--ruin-pct", help="Loss of the starting capital that is ruin, %.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """Draw the days or trades of a backtest anew, to see what luck could have made of it.

    The backtest is run first, or is the saved run of `--run`.
    """
    from tradertape_server.cli.backtests import studies

    request = {
        "kind": "monte_carlo",
        "method": method,
        "runs": runs,
        "block_days": block_days,
        "ruin_pct": ruin_pct,
    }
    studies.run_study(examined, request, as_json=as_json)


@app.command("look-ahead")
@with_study_options
def look_ahead(
    examined: BacktestOptions | SavedRun,
    samples: Annotated[int, typer.Option(help="Dates at which later candles are removed.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Check that no decision depends on later candles. Exit code 1 where one does."""
    from tradertape_server.cli.backtests import studies

    studies.run_study(examined, {"kind": "lookahead", "samples": samples}, as_json=as_json)


@app.command()
@with_study_options
def recursive(
    examined: BacktestOptions | SavedRun,
    start_up_bars: Annotated[
        str, typer.Option(help="Lengths of history to compare with the whole, in bars.")
    ] = "30,60,120,200,300,500",
    as_json: AsJson = False,
) -> None:
    """Show how much the indicators depend on the history before the first day."""
    from tradertape_server.cli.backtests import studies

    bars = studies.read_bars(start_up_bars)
    studies.run_study(examined, {"kind": "recursive", "start_up_bars": bars}, as_json=as_json)


@app.command("list")
def list_(
    user: Annotated[str, typer.Option(metavar="EMAIL", help="Whose runs.")],
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List saved runs."""
    from tradertape_server.cli.backtests import saved

    saved.list_runs(user, limit=limit, as_json=as_json)


@app.command()
def show(
    run_id: Annotated[str, typer.Argument(help="As `list` prints it.")],
    user: Annotated[str, typer.Option(metavar="EMAIL", help="Whose run.")],
    html: Html = None,
    trades_csv: TradesCsv = None,
    as_json: AsJson = False,
) -> None:
    """Print the report of a saved run."""
    from tradertape_server.cli.backtests import run as work
    from tradertape_server.cli.backtests import saved

    result = saved.read_run(user, run_id)
    work.write_files(result, html=html, trades_csv=trades_csv)
    work.show_report(result, as_json=as_json)
