"""Differences that have lasted, as notices; each is told once while it stays the same."""

from __future__ import annotations

from collections.abc import Iterator

from tradertape_core.kernel.format import grouped, inr
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.reconciliation.schemas import DifferenceOut, ReconciliationOut

# Explained by how brokers keep shares, from before TraderTape, or by trades that the person has
# uploaded: shown on the page alone.
QUIET = frozenset(
    {"pre_existing", "unsettled_t1", "pledged_or_mtf", "broker_lag", "external_trade"}
)


PATH = "/wealth/reconciliation"


def notices_of(user_id: int, report: ReconciliationOut) -> Iterator[Notice]:
    """What a person is told of a report."""
    if report.checked_at is None:
        return
    for item in report.items:
        if item.status == "drift" and not item.ignored and item.classification not in QUIET:
            yield Notice(
                user_id, "reconciliation.drift", _key(item),
                f"{item.instrument} differs at {item.account_scope}", _words(item),
                report.checked_at, PATH,
                {"account": item.account_scope, "instrument": item.instrument},
            )  # fmt: skip


def _key(item: DifferenceOut) -> str:
    since = f"{item.first_seen:%Y%m%d%H%M%S}"
    return f"drift:{item.account_scope}:{item.instrument}:{item.difference}:{since}"


def _words(item: DifferenceOut) -> str:
    why = ", ".join(item.evidence)
    return (
        f"Our books have {grouped(item.our_quantity)} units, the broker "
        f"{grouped(item.broker_quantity)}: {item.classification.replace('_', ' ')}"
        f"{f' ({why})' if why else ''}. At risk {inr(item.value_at_risk)}. Nothing was corrected."
    )
