"""HTTP of option runs: legs that are entered, protected and exited together."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from tradertape_server.features.workers.http.answers.option_runs import (
    CreatedOptionRun,
    OptionEntryPreview,
    OptionExitPreview,
    OptionState,
)
from tradertape_server.features.workers.http.answers.orders import ExitReply, IntentReply
from tradertape_server.features.workers.http.answers.protection import (
    ChangedOptionProtection,
    OptionProtectionState,
    OptionReplay,
)
from tradertape_server.features.workers.http.authorization import Nonce, PaperWorker
from tradertape_server.features.workers.http.run_routes import PREFIX
from tradertape_server.features.workers.http.trading_routes import sent
from tradertape_server.features.workers.option_runs.schemas import (
    NewOptionRun,
    OptionAction,
    PreviewIn,
    ReplayIn,
)
from tradertape_server.features.workers.schemas import Document
from tradertape_server.features.workers.service import OptionServices
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.routing import part

router = APIRouter(prefix=f"{PREFIX}/options/runs", tags=["workers: options"])

Json = dict[str, Any]
Services = Annotated[OptionServices, Depends(part("option_services"))]


@router.post("", responses=answers(CreatedOptionRun))
def create_option_run(services: Services, caller: PaperWorker, body: NewOptionRun) -> Json:
    """Create a run of option legs; nothing is placed.

    Underlying and expiry follow from the legs. Mode and account are those that `metadata` names
    (`execution_mode`, `account_scope`), by default paper on the token's first account. The run's
    id works wherever a run's does.
    """
    return services.runs.create(caller, body)


@router.post("/{strategy_run_id}/preview-entry", responses=answers(OptionEntryPreview))
def preview_option_entry(
    services: Services, caller: PaperWorker, strategy_run_id: str, body: PreviewIn | None = None
) -> Json:
    """Return the margin and charges of the entry as a whole; nothing is placed."""
    orders = [] if body is None else body.orders
    return services.runs.preview_entry(caller, strategy_run_id, orders)


@router.post("/{strategy_run_id}/enter", responses=answers(IntentReply))
def enter_option_run(
    services: Services,
    caller: PaperWorker,
    strategy_run_id: str,
    body: OptionAction,
    nonce: Nonce = None,
) -> Response:
    """Place every leg as one basket, purchases first, once for the run.

    All or none: what filled is reversed when the venue refuses a leg, and `unwind` reports it. The
    protection is armed at the prices of the fills.
    """
    return sent(services.runs.enter(caller, strategy_run_id, body, nonce))


@router.post("/{strategy_run_id}/preview-exit", responses=answers(OptionExitPreview))
def preview_option_exit(
    services: Services, caller: PaperWorker, strategy_run_id: str, _body: PreviewIn | None = None
) -> Json:
    """List the exact orders that an exit would send now, with their charges."""
    return services.runs.preview_exit(caller, strategy_run_id)


@router.post("/{strategy_run_id}/exit", responses=answers(ExitReply))
def exit_option_run(
    services: Services,
    caller: PaperWorker,
    strategy_run_id: str,
    body: OptionAction,
    nonce: Nonce = None,
) -> Response:
    """Cancel open orders, buy short legs back, sell long ones, close the run; once for its key."""
    return sent(services.runs.exit(caller, strategy_run_id, body, nonce))


@router.get("/{strategy_run_id}/state", responses=answers(OptionState))
def show_option_run(services: Services, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Return legs, profit and loss, premium, Greeks and protection at the latest prices."""
    return services.states.state(*services.runs.get(caller, strategy_run_id))


@router.put("/{strategy_run_id}/protection", responses=answers(ChangedOptionProtection))
def protect_option_run(
    services: Services,
    caller: PaperWorker,
    strategy_run_id: str,
    body: Document,
    nonce: Nonce = None,
) -> Json:
    """Replace the protection; its generation increases and old safety tokens become invalid."""
    return services.runs.protect(caller, strategy_run_id, body, nonce)


@router.get("/{strategy_run_id}/protection/state", responses=answers(OptionProtectionState))
def show_option_protection(services: Services, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Return the protection: as requested, its levels, what has triggered, the profit now."""
    return services.states.protection(*services.runs.get(caller, strategy_run_id))


@router.post("/{strategy_run_id}/protection/replay", responses=answers(OptionReplay))
def replay_option_protection(
    services: Services, caller: PaperWorker, strategy_run_id: str, body: ReplayIn
) -> Json:
    """Report when and why the protection would have triggered on a path; nothing changes.

    A snapshot has `prices` of legs by leg_id, symbol or token, or one of `pnl`, `pnl_pct` and
    `combined_premium`. Without snapshots the path is the minutes recorded since the entry.
    Before the entry the first prices of all legs are taken as its prices, and `pnl_pct` may come
    before them or alone; then limits are in percent.
    """
    return services.replays.replay(*services.runs.get(caller, strategy_run_id), body)
