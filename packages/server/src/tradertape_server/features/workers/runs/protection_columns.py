"""A run's protection as the columns of its row."""

from __future__ import annotations

from typing import Any

from tradertape_core.orders.codec import from_document, to_document
from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.workers.models import WorkerRun

Json = dict[str, Any]


def protection_of(run: WorkerRun) -> ProtectionState:
    """The run's protection; that of generation 0 where it never had one."""
    if run.protection is None:
        return ProtectionState()
    return from_document(ProtectionState, run.protection)


def columns_of(state: ProtectionState) -> Json:
    """The columns of a run that hold a state."""
    return {"protection": to_document(state), "protection_status": state.status.value}


def set_protection(run: WorkerRun, state: ProtectionState) -> None:
    """Give a run another protection, with the next version, in the transaction that holds it."""
    for name, value in columns_of(state).items():
        setattr(run, name, value)
    run.protection_version = (run.protection_version or 0) + 1
