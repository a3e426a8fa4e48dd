"""Saved runs on the command line."""

from __future__ import annotations

from typing import Any

from tradertape_core.kernel.format import grouped, percent
from tradertape_server.cli.backtests.run import account
from tradertape_server.cli.output import show

Json = dict[str, Any]


def list_runs(email: str, *, limit: int, as_json: bool) -> None:
    """Print a person's runs, newest first."""
    from tradertape_server.features.backtests.runs.views import present_run

    with account(email) as (container, user_id), container.database.read() as session:
        found, total = container.backtests.runs.find(session, user_id, limit=limit, offset=0)
        rows = [present_run(row).model_dump(mode="json") for row in found]
    show(rows, as_json=as_json, text=lambda: _table(rows, total))


def read_run(email: str, run_id: str) -> Json:
    """A person's run with its whole report."""
    with account(email) as (container, user_id), container.database.read() as session:
        return container.backtests.runs.report(session, user_id, run_id)


def _table(rows: list[Json], total: int) -> str:
    if not rows:
        return "No saved runs."
    lines = [
        f"{'Run':<28}{'When':<18}{'Strategy':<24}{'Universe':<14}{'CAGR':>9}{'Sharpe':>8}{'Trades':>8}"
    ]
    lines += [_line(row) for row in rows]
    if total > len(rows):
        lines.append(f"… and {total - len(rows):,} older")
    return "\n".join(lines)


def _line(row: Json) -> str:
    about = f"{row['run_id']:<28}{row['created_at'][:16].replace('T', ' '):<18}"
    about += f"{row['strategy']['name'][:22]:<24}{row['universe'][:12]:<14}"
    figures = row["headline"]
    if figures is None:
        return f"{about}{row['status']:>9}"
    return (
        f"{about}{percent(figures['cagr'], 1):>9}{grouped(figures['sharpe'], 2):>8}"
        f"{figures['total_trades']:>8}"
    )
