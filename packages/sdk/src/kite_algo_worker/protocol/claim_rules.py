"""How long a worker waits for a run that another one holds."""

from __future__ import annotations

import logging

from kite_algo_worker.exceptions import InvalidInputError, KiteAlgoWorkerError

_AGAIN_S = 2.0
_HELD = "session_claimed"
log = logging.getLogger("kite_algo_worker")


def check_wait(wait_for_claim_s: float) -> None:
    """Raise InvalidInputError unless it is a number of seconds, 0 or more."""
    if not 0 <= wait_for_claim_s < float("inf"):
        raise InvalidInputError(f"wait_for_claim_s must be 0 or more, was {wait_for_claim_s}")


def pause_before_claim(
    run_id: str, error: KiteAlgoWorkerError, left_s: float, *, is_first: bool
) -> float | None:
    """Seconds until the claim is tried again; None when it is not to be.

    left_s: what is left of the wait. The first time a warning says what is waited for.
    """
    if error.code != _HELD or left_s <= 0:
        return None
    if is_first:
        log.warning("waiting up to %.0f s to claim run %s: %s", left_s, run_id, error)
    return min(_AGAIN_S, left_s)
