"""`tradertape data`: bring in, list and check market data."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradertape_server.cli.output import AsJson, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradertape_server.features.market.progress import Progress
    from tradertape_server.features.market.service import MarketService

HELP = """Bring in, list and check market data.

Exit codes: 0 everything came in or is in order; 1 something was refused, failed or is damaged;
2 the command was mistyped.
"""

app = typer.Typer(no_args_is_help=True, add_completion=False, help=HELP)

DataSetOption = Annotated[
    str, typer.Option("--data-set", help="Name of the data set; made when it does not exist.")
]
BasisOption = Annotated[
    str,
    typer.Option(
        help="How the set's prices are adjusted: raw (as traded), split, total_return or a name "
        "the file uses. Needed for a new set where the file does not say."
    ),
]
OptionalSet = Annotated[
    str | None, typer.Option("--data-set", help="The data set; the active one when left out.")
]


@app.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(exists=True, help="Files (CSV, Parquet, JSON; .gz or .zip too) or folders."),
    ],
    data_set: DataSetOption = "nse",
    kind: Annotated[
        str,
        typer.Option(help="auto, candles, indices, actions, membership or instruments."),
    ] = "auto",
    basis: BasisOption = "",
    source_basis: Annotated[
        str, typer.Option(help="How the files' prices are adjusted, where the set's are not so.")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="Our column=theirs, such as date=Day,close=Last. Repeatable."),
    ] = None,
    actions: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Splits and bonuses, to adjust raw prices."),
    ] = None,
    dividends: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Dividends, kept apart.")
    ] = None,
    symbol: Annotated[str, typer.Option(help="The symbol, for a file that does not name it.")] = "",
    symbol_from_name: Annotated[
        bool, typer.Option("--symbol-from-name", help="Files are called after their symbol.")
    ] = False,
    symbols: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="List of valid symbols (symbol, isin)."),
    ] = None,
    renames: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="More symbol changes (old, new, date)."),
    ] = None,
    series: Annotated[str, typer.Option(help="NSE series taken from a bhavcopy.")] = "EQ,BE",
    universe: Annotated[str, typer.Option(help="Name of the universe a list describes.")] = "",
    valid_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day of a list that carries no dates."),
    ] = None,
    max_rejects_pct: Annotated[
        float, typer.Option(help="Refuse a file with more bad rows than this percentage.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Import files into a data set: bhavcopies, CSV or Parquet tables, Kite or Upstox candles.

    A file comes in whole or not at all; importing it again changes nothing. Rows that cannot be
    right are left out and listed with their line and the reason. The first real prices become
    the set new runs use.

    Kite's daily instrument file (--kind instruments) belongs to no set: its tokens, lots and
    contracts take the place of ours, in a running server too.
    """
    from tradertape_server.cli import data_instruments
    from tradertape_server.cli.data_text import import_text, to_plain
    from tradertape_server.features.market.importing.request import ImportRequest, parse_columns

    if data_instruments.is_given(paths, kind):
        taken = data_instruments.take(paths[0], _market())
        show(to_plain(taken), as_json=as_json, text=lambda: data_instruments.text(taken))
        return
    request = ImportRequest(
        paths=tuple(paths),
        data_set=data_set,
        kind=kind,
        basis=basis,
        source_basis=source_basis,
        columns=parse_columns(columns or []),
        symbol=symbol,
        symbol_from_name=symbol_from_name,
        universe=universe,
        valid_from=_day(valid_from),
        actions=actions,
        dividends=dividends,
        renames=renames,
        symbols=symbols,
        series=tuple(part.strip().upper() for part in series.split(",") if part.strip()),
        max_rejects_pct=max_rejects_pct,
    )
    with progress_bar(hidden=as_json) as progress:
        report = _market().import_files(request, progress)
    show(to_plain(report), as_json=as_json, text=lambda: import_text(report))
    if report.refused:
        raise typer.Exit(1)


@app.command()
def fetch(
    start: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, 2024-01-31.")
    ],
    end: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; yesterday when left out."),
    ] = None,
    source: Annotated[
        str, typer.Option(help="nse (bhavcopy archives, raw prices) or yahoo (split-adjusted).")
    ] = "nse",
    symbols: Annotated[str, typer.Option(help="Symbols, separated by commas (yahoo).")] = "",
    universe: Annotated[str, typer.Option(help="Or the symbols of a universe (yahoo).")] = "",
    data_set: Annotated[
        str | None, typer.Option("--data-set", help="Default: nse-raw for nse, yahoo for yahoo.")
    ] = None,
    basis: BasisOption = "",
    actions: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Splits and bonuses, with --basis split."),
    ] = None,
    indices: Annotated[
        bool, typer.Option(help="Bring the indices too, which are the benchmarks.")
    ] = True,
    base_url: Annotated[
        str, typer.Option(help="Another server that answers like the source (a mirror).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Download daily prices and import them.

    Files already downloaded are kept under the home folder and not asked for again, so an
    interrupted fetch goes on where it stopped. Days the exchange was closed are skipped.
    """
    from tradertape_server.cli.data_text import fetch_text, to_plain
    from tradertape_server.features.market.fetching.request import FetchRequest

    request = FetchRequest(
        source=source,
        start=start.date(),
        end=_day(end),
        symbols=tuple(part for part in symbols.split(",") if part.strip()),
        universe=universe,
        data_set=data_set or "",
        basis=basis,
        actions=actions,
        base_url=base_url,
        indices=indices,
    )
    with progress_bar(hidden=as_json) as progress:
        report = _market().fetch(request, progress)
    show(to_plain(report), as_json=as_json, text=lambda: fetch_text(report))
    if report.failed:
        raise typer.Exit(1)


@app.command()
def status(as_json: AsJson = False) -> None:
    """List the data sets: which is active, its price basis, range, symbols, candles and gaps."""
    from tradertape_server.cli.data_text import status_rows, status_text

    sets = _market().status()
    show(status_rows(sets), as_json=as_json, text=lambda: status_text(sets))


@app.command()
def verify(data_set: OptionalSet = None, as_json: AsJson = False) -> None:
    """Check a data set: hash, prices, duplicates, gaps, unapplied splits, column cache.

    Exit code 1 when something is damaged; warnings alone leave it at 0.
    """
    from tradertape_server.cli.data_text import to_plain, verify_text

    checks = _market().verify(data_set)
    show(to_plain(checks), as_json=as_json, text=lambda: verify_text(checks))
    if any(check.verdict == "error" for check in checks):
        raise typer.Exit(1)


@app.command()
def use(
    name: Annotated[str, typer.Argument(help="The data set new runs shall use.")],
    as_json: AsJson = False,
) -> None:
    """Make a data set the active one."""
    chosen = _market().use(name)
    version = chosen.manifest.data_version
    show(
        {"active": name, "data_version": version},
        as_json=as_json,
        text=lambda: f"New runs use {name} ({version}).",
    )


@contextmanager
def progress_bar(*, hidden: bool) -> Iterator[Progress]:
    """A bar on stderr that long work moves; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    is_hidden = hidden or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=is_hidden) as bar:
        task = bar.add_task("", total=None)

        def move(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield move


def _market() -> MarketService:
    from tradertape_server.cli.opening import read_settings
    from tradertape_server.features.market.service import MarketService
    from tradertape_server.platform.clock import SystemClock

    settings = read_settings()
    return MarketService(settings.effective_home, SystemClock(), data_set=settings.data_set)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
