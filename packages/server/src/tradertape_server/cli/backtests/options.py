"""The options of a backtest on the command line, declared once for every command that runs one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast, get_args

import typer

from tradertape_core.backtest.config import (
    AUTO,
    BacktestConfig,
    FillModel,
    FlatCharges,
    IntrabarOrder,
    Sizing,
    SizingMethod,
)

Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Inclusive.")]
User = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose runs and strategies.")]

_ONE_OF = {
    "fill_model": (AUTO, *get_args(FillModel)),
    "intrabar_order": get_args(IntrabarOrder),
    "sizing": get_args(SizingMethod),
}


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What the options say. quiet: no progress bar."""

    strategy: str
    config: BacktestConfig
    data_set: str | None
    engine: str = "auto"
    name: str = ""
    user: str = ""
    quiet: bool = False

    @property
    def seed(self) -> int:
        """The seed of the backtest and of a study of it."""
        return self.config.seed


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A saved run to examine, in place of a backtest. seed: of the study."""

    run_id: str
    user: str
    seed: int
    quiet: bool = False


def _declared(
    strategy: Annotated[
        str,
        typer.Option(
            help="A built-in (v3_dip_buyer), a JSON file, or the number of a saved one with --user."
        ),
    ],
    start: Day,
    end: Day,
    universe: Annotated[
        str, typer.Option(help="A universe's name, or custom:INFY,TCS.")
    ] = "nifty_100",
    capital: Annotated[float, typer.Option(help="Rupees on the first day.")] = 1_000_000,
    position_size_pct: Annotated[
        float,
        typer.Option("--position-size-pct", help="Largest share of equity in one position, %."),
    ] = 10,
    max_positions: Annotated[int, typer.Option(help="Open positions at once.")] = 10,
    max_per_sector: Annotated[
        int, typer.Option(help="Open positions in one sector; 0: no limit.")
    ] = 2,
    slippage_bps: Annotated[float, typer.Option(help="Basis points that every fill is worse.")] = 5,
    fill_model: Annotated[
        str, typer.Option(help="auto (as the strategy's entry), next_open, close or gtt_touch.")
    ] = "auto",
    participation_pct: Annotated[
        float,
        typer.Option(
            "--participation-pct",
            help="Largest part of a day's volume that is traded, %; 0: no limit.",
        ),
    ] = 5,
    circuit_limits: Annotated[
        bool, typer.Option(help="Whether stocks locked at a circuit limit cannot be traded.")
    ] = True,
    dividends: Annotated[bool, typer.Option(help="Whether dividends are paid in cash.")] = True,
    intrabar_order: Annotated[
        str,
        typer.Option(help="conservative (stops before targets) or t_doc (targets before stops)."),
    ] = "conservative",
    sizing: Annotated[
        str, typer.Option(help="equal_pct, risk_pct, atr or conviction.")
    ] = "equal_pct",
    risk_per_trade_pct: Annotated[
        float,
        typer.Option("--risk-per-trade-pct", help="Part of equity at risk, %: risk_pct and atr."),
    ] = 1,
    risk_free_pct: Annotated[
        float, typer.Option("--risk-free-pct", help="Yearly rate that ratios subtract, %.")
    ] = 0,
    point_in_time_universe: Annotated[
        bool,
        typer.Option(
            help="Whether the universe is that of each day, or today's members throughout."
        ),
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="For everything drawn at random.")] = 0,
    charges: Annotated[
        str, typer.Option(help="A broker's schedule, none, or bps=3,per_order=20.")
    ] = "zerodha_equity_delivery",
    benchmark: Annotated[str, typer.Option(help="The index to compare with.")] = "NIFTY 50",
    data_set: Annotated[
        str | None, typer.Option(help="The data set; default: the active one.")
    ] = None,
    user: User = "",
) -> None: ...


RunId = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="RUN_ID",
        help="A saved run to examine, as `list` prints it, in place of --strategy, --start and "
        "--end; needs --user.",
    ),
]

SHARED = inspect.signature(_declared, eval_str=True).parameters
_OTHER_NAMES = {"start": "start_date", "end": "end_date", "capital": "starting_capital"}
_NOT_CONFIGURATION = {"strategy", "data_set", "user"}
# What a backtest needs and a saved run has.
_DESCRIBING = ("strategy", "start", "end")


def with_backtest_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a backtest; its first argument receives what they say."""

    def called(**values: Any) -> None:
        given = {name: values.pop(name) for name in SHARED}
        command(read_options(given, quiet=values.get("as_json", False)), **values)

    return _declaring(called, command, SHARED.values())


def with_study_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a backtest, or of the saved run that `--run` names."""

    def called(context: typer.Context, run_id: str | None, **values: Any) -> None:
        given = {name: values.pop(name) for name in SHARED}
        quiet = values.get("as_json", False)
        if run_id is not None:
            examined: BacktestOptions | SavedRun = _saved_run(context, run_id, given, quiet=quiet)
        elif missing := [f"--{name}" for name in _DESCRIBING if given[name] is None]:
            raise typer.BadParameter(f"give {', '.join(missing)}, or --run with a saved run")
        else:
            examined = read_options(given, quiet=quiet)
        command(examined, **values)

    keyword = inspect.Parameter.KEYWORD_ONLY
    optional = [_optional(one) if name in _DESCRIBING else one for name, one in SHARED.items()]
    own = [
        inspect.Parameter("context", keyword, annotation=typer.Context),
        inspect.Parameter("run_id", keyword, default=None, annotation=RunId),
    ]
    return _declaring(called, command, (*own, *optional))


def _declaring(
    called: Callable[..., None],
    command: Callable[..., None],
    shared: Iterable[inspect.Parameter],
) -> Callable[..., None]:
    """`called` with the name and text of a command, and with its parameters after the shared."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*shared, *own)]
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    called.__module__ = command.__module__
    called.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def _optional(one: inspect.Parameter) -> inspect.Parameter:
    kind, option = get_args(one.annotation)
    return one.replace(default=None, annotation=Annotated[kind | None, option])


def _saved_run(
    context: typer.Context, run_id: str, given: dict[str, Any], *, quiet: bool
) -> SavedRun:
    if not given["user"]:
        raise typer.BadParameter("--run needs --user EMAIL", param_hint="--run")
    for name in SHARED.keys() - {"user", "seed"}:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(
                f"the run {run_id} has this setting already; leave the option out",
                param_hint=f"--{name.replace('_', '-')}",
            )
    return SavedRun(run_id, given["user"], given["seed"], quiet)


def read_options(given: dict[str, Any], *, quiet: bool) -> BacktestOptions:
    """The options as one value. Raises InvalidInput for values out of range."""
    values: dict[str, Any] = {
        _OTHER_NAMES.get(name, name): value.date() if isinstance(value, datetime) else value
        for name, value in given.items()
        if name not in _NOT_CONFIGURATION
    }
    return BacktestOptions(
        given["strategy"],
        _config(**values),
        given["data_set"],
        user=given["user"],
        quiet=quiet,
    )


def _config(
    *, charges: str, sizing: str, risk_per_trade_pct: float, **values: Any
) -> BacktestConfig:
    for name, known in _ONE_OF.items():
        given = sizing if name == "sizing" else values[name]
        if given not in known:
            raise typer.BadParameter(
                f"one of {', '.join(known)}", param_hint=f"--{name.replace('_', '-')}"
            )
    method = cast("SizingMethod", sizing)
    return BacktestConfig(
        charges=_charges(charges), sizing=Sizing(method, risk_per_trade_pct), **values
    )


def _charges(text: str) -> str | FlatCharges:
    if "=" not in text:
        return text
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError:
            raise typer.BadParameter(f"{part!r} is not a number", param_hint="--charges") from None
    if not given.keys() <= {"bps", "per_order"}:
        raise typer.BadParameter("give bps=… and per_order=…", param_hint="--charges")
    return FlatCharges(**given)
