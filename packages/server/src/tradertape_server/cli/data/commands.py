"""`tradertape data`: import, list and check market data."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradertape_server.cli.output import AsJson, show
from tradertape_server.cli.progress import progress_bar

if TYPE_CHECKING:
    from tradertape_server.features.market.service import MarketService

HELP = """Import, list and check market data.

Exit codes: 0 success; 1 something was refused, failed or is damaged; 2 invalid usage.
"""

app = typer.Typer(no_args_is_help=True, add_completion=False, help=HELP)

DataSetOption = Annotated[
    str, typer.Option("--data-set", help="Name of the data set; created when it does not exist.")
]
BasisOption = Annotated[
    str,
    typer.Option(
        help="How the set's prices are adjusted: raw (as traded), split, total_return or a name "
        "the file uses. Required for a new set unless the file declares it."
    ),
]
OptionalSet = Annotated[
    str | None, typer.Option("--data-set", help="The data set; default: the active one.")
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
        typer.Option(help="auto, candles, indices, actions, membership, bands or instruments."),
    ] = "auto",
    basis: BasisOption = "",
    source_basis: Annotated[
        str,
        typer.Option(
            help="How the files' prices are adjusted, where the set's are adjusted differently."
        ),
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="Our column=the file's, such as date=Day,close=Last. Repeatable."
        ),
    ] = None,
    actions: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Splits and bonuses, to adjust raw prices."),
    ] = None,
    dividends: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Dividends, stored separately.")
    ] = None,
    symbol: Annotated[str, typer.Option(help="The symbol, for a file that does not name it.")] = "",
    symbol_from_name: Annotated[
        bool, typer.Option("--symbol-from-name", help="Files are named after their symbol.")
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
        typer.Option(formats=["%Y-%m-%d"], help="First day of a list without dates."),
    ] = None,
    max_rejects_pct: Annotated[
        float, typer.Option(help="Refuse a file with more bad rows than this percentage.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Import files into a data set: bhavcopies, CSV or Parquet tables, Kite or Upstox candles.

    A file is imported completely or not at all; importing it again changes nothing. Invalid rows
    are skipped and listed with their line and the reason. The first data set with real prices
    becomes the active one.

    Kite's daily instrument file (--kind instruments) belongs to no data set: its tokens, lots and
    contracts replace the present ones, also in a running server.
    """
    from tradertape_server.cli.data import instruments
    from tradertape_server.cli.data.text import import_text, to_plain
    from tradertape_server.features.market.importing.request import ImportRequest, parse_columns

    if instruments.is_given(paths, kind):
        taken = instruments.take(paths[0], _market())
        show(to_plain(taken), as_json=as_json, text=lambda: instruments.text(taken))
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
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; default: yesterday."),
    ] = None,
    source: Annotated[
        str,
        typer.Option(
            help="nse (bhavcopy archives, raw prices), yahoo (split-adjusted), or a broker that "
            "somebody is signed in at: kite, upstox, groww (split-adjusted)."
        ),
    ] = "nse",
    symbols: Annotated[str, typer.Option(help="Symbols, separated by commas (not for nse).")] = "",
    universe: Annotated[str, typer.Option(help="Or the symbols of a universe.")] = "",
    data_set: Annotated[
        str | None, typer.Option("--data-set", help="Default: nse-raw for nse, yahoo for yahoo.")
    ] = None,
    basis: BasisOption = "",
    actions: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Splits and bonuses, with --basis split."),
    ] = None,
    indices: Annotated[
        bool, typer.Option(help="Also fetch the indices, which are the benchmarks.")
    ] = True,
    base_url: Annotated[str, typer.Option(help="A mirror of the source.")] = "",
    as_json: AsJson = False,
) -> None:
    """Download daily prices and import them.

    Downloaded files are kept in the home folder and not downloaded again, so an interrupted fetch
    resumes where it stopped. Days on which the exchange was closed are skipped.
    """
    from tradertape_server.cli.data.from_broker import fetch_from_broker
    from tradertape_server.cli.data.text import fetch_text, to_plain
    from tradertape_server.features.instruments.broker_history import is_broker
    from tradertape_server.features.market.fetching.request import FetchRequest

    named = tuple(part for part in symbols.split(",") if part.strip())
    if is_broker(source):
        with progress_bar(hidden=as_json) as progress:
            report = fetch_from_broker(
                source, start.date(), _day(end), named, universe, data_set or source, progress
            )
        show(to_plain(report), as_json=as_json, text=lambda: fetch_text(report))
        if report.failed:
            raise typer.Exit(1)
        return
    request = FetchRequest(
        source=source,
        start=start.date(),
        end=_day(end),
        symbols=named,
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
    from tradertape_server.cli.data.text import status_rows, status_text

    sets = _market().status()
    show(status_rows(sets), as_json=as_json, text=lambda: status_text(sets))


@app.command()
def verify(data_set: OptionalSet = None, as_json: AsJson = False) -> None:
    """Check a data set: files, hash, prices, duplicates, gaps, unapplied splits, column cache.

    Exit code 1 when something is damaged; warnings alone leave it at 0.
    """
    from tradertape_server.cli.data.text import to_plain, verify_text

    checks = _market().verify(data_set)
    show(to_plain(checks), as_json=as_json, text=lambda: verify_text(checks))
    if any(check.verdict == "error" for check in checks):
        raise typer.Exit(1)


@app.command()
def use(
    name: Annotated[str, typer.Argument(help="The data set that new runs use.")],
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


@app.command()
def accept(
    name: Annotated[str, typer.Argument(help="The data set whose files were changed on purpose.")],
    as_json: AsJson = False,
) -> None:
    """Use a data set's altered files as they are, as a new data version.

    For a set that is closed because its Parquet files are not those that were imported. Refused
    when they hold impossible or duplicate candles.
    """
    manifest = _market().accept(name)
    show(
        {"data_set": name, "data_version": manifest.data_version},
        as_json=as_json,
        text=lambda: f"Data set {name} is now version {manifest.data_version}.",
    )


@app.command()
def discard(
    name: Annotated[str, typer.Argument(help="The data set to discard.")],
    as_json: AsJson = False,
) -> None:
    """Put a data set aside, so that its files can be imported again under its name.

    Its folder is kept under market/.discarded in the home folder.
    """
    kept = str(_market().discard(name))
    show(
        {"data_set": name, "kept": kept},
        as_json=as_json,
        text=lambda: f"Data set {name} is out of use; its files are kept in {kept}.",
    )


def _market() -> MarketService:
    from tradertape_server.cli.opening import read_settings
    from tradertape_server.features.market.service import MarketService
    from tradertape_server.platform.clock import SystemClock

    settings = read_settings()
    return MarketService(settings.effective_home, SystemClock(), data_set=settings.data_set)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
