"""`tradertape backtest`: run strategies over the past, try parameters, show saved runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tradertape_server.cli.output import AsJson

HELP = """Run a strategy over the past.

Exit codes: 0 success, 1 failure (the message gives the reason), 2 invalid usage.
"""

app = typer.Typer(no_args_is_help=True, add_completion=False, help=HELP)

Strategy = Annotated[
    str,
    typer.Option(
        help="A built-in (v3_dip_buyer), a JSON file, or the number of a saved one with --user."
    ),
]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Inclusive.")]
Universe = Annotated[str, typer.Option(help="A universe's name, or custom:INFY,TCS.")]
User = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose runs and strategies.")]
Capital = Annotated[float, typer.Option(help="Rupees on the first day.")]
SizePct = Annotated[
    float, typer.Option("--position-size-pct", help="Largest share of equity in one position, %.")
]
Charges = Annotated[
    str,
    typer.Option(help="A broker's schedule, none, or bps=3,per_order=20."),
]
FillModel = Annotated[
    str,
    typer.Option(help="auto (as the strategy's entry), next_open, close or gtt_touch."),
]
ShareOfVolume = Annotated[
    float,
    typer.Option(
        "--participation-pct", help="Largest part of a day's volume that is traded, %; 0: no limit."
    ),
]
CircuitLimits = Annotated[
    bool, typer.Option(help="Whether stocks locked at a circuit limit cannot be traded.")
]
Dividends = Annotated[bool, typer.Option(help="Whether dividends are paid in cash.")]
IntrabarOrder = Annotated[
    str, typer.Option(help="conservative (stops before targets) or t_doc (targets before stops).")
]
Sizing = Annotated[str, typer.Option(help="equal_pct, risk_pct, atr or conviction.")]
RiskPct = Annotated[
    float, typer.Option("--risk-per-trade-pct", help="Part of equity at risk, %: risk_pct and atr.")
]
RiskFree = Annotated[
    float, typer.Option("--risk-free-pct", help="Yearly rate that ratios subtract, %.")
]
PointInTime = Annotated[
    bool,
    typer.Option(help="Whether the universe is that of each day, or today's members throughout."),
]
Seed = Annotated[int, typer.Option(help="For everything drawn at random.")]
DataSet = Annotated[str | None, typer.Option(help="The data set; default: the active one.")]


@app.command()
def run(
    strategy: Strategy,
    start: Day,
    end: Day,
    universe: Universe = "nifty_100",
    capital: Capital = 1_000_000,
    position_size_pct: SizePct = 10,
    max_positions: Annotated[int, typer.Option(help="Open positions at once.")] = 10,
    max_per_sector: Annotated[
        int, typer.Option(help="Open positions in one sector; 0: no limit.")
    ] = 2,
    slippage_bps: Annotated[float, typer.Option(help="Basis points that every fill is worse.")] = 5,
    fill_model: FillModel = "auto",
    participation_pct: ShareOfVolume = 5,
    circuit_limits: CircuitLimits = True,
    dividends: Dividends = True,
    intrabar_order: IntrabarOrder = "conservative",
    sizing: Sizing = "equal_pct",
    risk_per_trade_pct: RiskPct = 1,
    risk_free_pct: RiskFree = 0,
    point_in_time_universe: PointInTime = True,
    seed: Seed = 0,
    charges: Charges = "zerodha_equity_delivery",
    benchmark: Annotated[str, typer.Option(help="The index to compare with.")] = "NIFTY 50",
    data_set: DataSet = None,
    engine: Annotated[
        str, typer.Option(help="auto, numba or python; all give the same trades.")
    ] = "auto",
    html: Annotated[Path | None, typer.Option(help="Write a tear sheet here.")] = None,
    trades_csv: Annotated[Path | None, typer.Option(help="Write the trades here.")] = None,
    name: Annotated[str, typer.Option(help="The name of a saved run.")] = "",
    save: Annotated[bool, typer.Option("--save", help="Store the run; needs --user.")] = False,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Run a backtest and print its report.

    The very first run builds the simulated market, unless data was imported before.
    """
    from tradertape_server.cli.backtests import run as work

    config = work.read_config(
        start_date=start.date(),
        end_date=end.date(),
        universe=universe,
        starting_capital=capital,
        position_size_pct=position_size_pct,
        max_positions=max_positions,
        max_per_sector=max_per_sector,
        slippage_bps=slippage_bps,
        fill_model=fill_model,
        participation_pct=participation_pct,
        circuit_limits=circuit_limits,
        dividends=dividends,
        intrabar_order=intrabar_order,
        sizing=sizing,
        risk_per_trade_pct=risk_per_trade_pct,
        risk_free_pct=risk_free_pct,
        point_in_time_universe=point_in_time_universe,
        seed=seed,
        charges=charges,
        benchmark=benchmark,
    )
    options = work.BacktestOptions(
        strategy, config, data_set, engine=engine, name=name, user=user, quiet=as_json
    )
    result = work.run_saved(options) if save else work.run_plain(options)
    work.write_files(result, html=html, trades_csv=trades_csv)
    work.show_report(result, as_json=as_json)


@app.command()
def sweep(
    strategy: Strategy,
    start: Day,
    end: Day,
    param: Annotated[
        list[str],
        typer.Option(
            "--param",
            metavar="NAME=VALUES",
            help="A parameter or /json/pointer with values 4,5,6 or min:max:step. Repeatable.",
        ),
    ],
    universe: Universe = "nifty_100",
    capital: Capital = 1_000_000,
    position_size_pct: SizePct = 10,
    max_positions: Annotated[int, typer.Option(help="Open positions at once.")] = 10,
    max_per_sector: Annotated[
        int, typer.Option(help="Open positions in one sector; 0: no limit.")
    ] = 2,
    slippage_bps: Annotated[float, typer.Option(help="Basis points that every fill is worse.")] = 5,
    fill_model: FillModel = "auto",
    participation_pct: ShareOfVolume = 5,
    circuit_limits: CircuitLimits = True,
    dividends: Dividends = True,
    intrabar_order: IntrabarOrder = "conservative",
    sizing: Sizing = "equal_pct",
    risk_per_trade_pct: RiskPct = 1,
    risk_free_pct: RiskFree = 0,
    point_in_time_universe: PointInTime = True,
    seed: Seed = 0,
    charges: Charges = "zerodha_equity_delivery",
    benchmark: Annotated[str, typer.Option(help="The index to compare with.")] = "NIFTY 50",
    data_set: DataSet = None,
    metric: Annotated[str, typer.Option(help="The metric to rank by.")] = "sharpe",
    min_trades: Annotated[int, typer.Option(help="Rows with fewer trades rank last.")] = 10,
    top: Annotated[int, typer.Option(min=1, help="How many rows to print.")] = 10,
    user: User = "",
    as_json: AsJson = False,
) -> None:
    """Try every combination of some parameters and print the best rows.

    Ctrl-C stops it; the rows found so far are printed, and the exit code is 1.
    """
    from tradertape_server.cli.backtests import run as work
    from tradertape_server.cli.backtests.sweep import run_sweep

    config = work.read_config(
        start_date=start.date(),
        end_date=end.date(),
        universe=universe,
        starting_capital=capital,
        position_size_pct=position_size_pct,
        max_positions=max_positions,
        max_per_sector=max_per_sector,
        slippage_bps=slippage_bps,
        fill_model=fill_model,
        participation_pct=participation_pct,
        circuit_limits=circuit_limits,
        dividends=dividends,
        intrabar_order=intrabar_order,
        sizing=sizing,
        risk_per_trade_pct=risk_per_trade_pct,
        risk_free_pct=risk_free_pct,
        point_in_time_universe=point_in_time_universe,
        seed=seed,
        charges=charges,
        benchmark=benchmark,
    )
    options = work.BacktestOptions(strategy, config, data_set, user=user, quiet=as_json)
    run_sweep(options, param, metric=metric, min_trades=min_trades, top=top, as_json=as_json)


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
    html: Annotated[Path | None, typer.Option(help="Write a tear sheet here.")] = None,
    trades_csv: Annotated[Path | None, typer.Option(help="Write the trades here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the report of a saved run."""
    from tradertape_server.cli.backtests import run as work
    from tradertape_server.cli.backtests import saved

    result = saved.read_run(user, run_id)
    work.write_files(result, html=html, trades_csv=trades_csv)
    work.show_report(result, as_json=as_json)
