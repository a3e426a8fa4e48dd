"""HTTP of risk rules and kill switches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from tradertape_server.features.auth.audit import Origin
from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.risk.build import RiskRules
from tradertape_server.features.risk.schemas import (
    HaltReleaseIn,
    JudgedMoney,
    KillIn,
    KillSwitchOut,
    RehearsalIn,
    RehearsalOut,
    ReleaseIn,
    RiskEvaluationOut,
    RiskHaltOut,
    RiskRuleIn,
    RiskRuleOut,
    RiskRulePatch,
    RiskRuleTypeOut,
    RiskStateOut,
)
from tradertape_server.platform.errors import Forbidden
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import Page, RowId, part

router = APIRouter(prefix="/api/risk", tags=["risk"])
Risk = Annotated[RiskRules, Depends(part("risk"))]
Active = Annotated[bool | None, Query(description="true: active rules; false: the others.")]
All = Annotated[bool, Query(description="true: rules that are not active too.")]
Passed = Annotated[bool | None, Query(description="false: refused orders alone.")]
OfMoney = Annotated[
    JudgedMoney | None,
    Query(
        description="Paper, real money, or `candles`: portfolios that candles fill, at their last "
        "close. By default real money where there is any."
    ),
]
OfServer = Annotated[bool, Query(description="true: the switch of the whole server.")]


@router.get("/rule-types")
def list_rule_types(risk: Risk, _: CurrentUser) -> list[RiskRuleTypeOut]:
    """The catalogue of rule types with their parameters and defaults."""
    return risk.rules.types()


@router.get("/rules")
def list_rules(risk: Risk, user: CurrentUser, *, all_rules: All = False) -> list[RiskRuleOut]:
    """Your active rules, oldest first."""
    return risk.rules.rules(user.id, active=None if all_rules else True)


@router.post("/rules", status_code=201)
def create_rule(risk: Risk, user: CurrentUser, where: Origin, body: RiskRuleIn) -> RiskRuleOut:
    """Create a rule; it judges the next order. What is left out is as its type has it."""
    return risk.rules.create(user, body, where)


@router.put("/rules/{rule_id}")
def replace_rule(
    risk: Risk, user: CurrentUser, where: Origin, rule_id: RowId, body: RiskRuleIn
) -> RiskRuleOut:
    """Replace a rule. A halt that it has begun stays until its time is over."""
    return risk.rules.replace(user, rule_id, body, where)


@router.patch("/rules/{rule_id}")
def change_rule(
    risk: Risk, user: CurrentUser, where: Origin, rule_id: RowId, body: RiskRulePatch
) -> RiskRuleOut:
    """Change some of a rule. A halt that it has begun stays until its time is over."""
    return risk.rules.change(user, rule_id, body, where)


@router.delete("/rules/{rule_id}", status_code=204)
def delete_rule(risk: Risk, user: CurrentUser, where: Origin, rule_id: RowId) -> None:
    """Delete a rule. A halt that it has begun stays until its time is over."""
    risk.rules.delete(user, rule_id, where)


@router.get("/state")
def show_state(risk: Risk, user: CurrentUser, *, money: OfMoney = None) -> RiskStateOut:
    """How you stand with every limit now."""
    return risk.state.of(user.id, money)


@router.get("/evaluations")
def list_evaluations(
    risk: Risk, user: CurrentUser, page: Page, *, passed: Passed = None
) -> list[RiskEvaluationOut]:
    """What rules said of each order and why, newest first; kept for half a year."""
    found, total = risk.rules.evaluations(
        user.id, passed=passed, limit=page.limit, offset=page.offset
    )
    page.total(total)
    return found


@router.get("/halts")
def list_halts(risk: Risk, user: CurrentUser) -> list[RiskHaltOut]:
    """The last 100 halts that rules have begun, newest first."""
    return risk.rules.halts(user.id, 100)


@router.post("/halts/{halt_id}/release")
def release_halt(
    risk: Risk, user: CurrentUser, where: Origin, halt_id: RowId, body: HaltReleaseIn
) -> RiskHaltOut:
    """End a halt before its time, a minute after it began at the earliest.

    A rule that is still broken begins another at once: change it first.
    """
    del body  # it has the word
    return risk.rules.release(user, halt_id, where)


@router.post("/rehearse")
def rehearse(risk: Risk, user: CurrentUser, body: RehearsalIn) -> RehearsalOut:
    """What your rules, or those in the body, would have refused among the orders of some days."""
    return risk.rehearsal.run(user.id, body)


@router.get("/kill")
def show_kill_switch(risk: Risk, user: CurrentUser, *, server: OfServer = False) -> KillSwitchOut:
    """Whether your kill switch is on, or the whole server's, and what it would cancel or close."""
    if server:
        _demand_admin(user)
    return risk.kill_switch.status(user.id, is_server=server)


@router.post("/kill")
def kill(risk: Risk, user: CurrentUser, where: Origin, body: KillIn) -> KillSwitchOut:
    """Turn the kill switch on: no new position on any path, also after a restart.

    Exits and cancellations are allowed, and triggers that would open a position are held back.
    `cancel_orders` cancels orders that would open or enlarge one, `close_positions` closes
    everything too. Open runs are `halted` until it is off again.
    """
    if body.scope == "server":
        _demand_admin(user)
    return risk.kill_switch.kill(user, body, where)


@router.post("/kill/release")
def release_kill_switch(
    risk: Risk, user: CurrentUser, where: Origin, body: ReleaseIn
) -> KillSwitchOut:
    """Turn the kill switch off, a minute after it was turned on at the earliest."""
    if body.scope == "server":
        _demand_admin(user)
    return risk.kill_switch.release(user, where, is_server=body.scope == "server")


def _demand_admin(user: Identity) -> None:
    if user.via != "session":
        raise Forbidden("Sign in with a browser; a key is not sufficient.", code="session_only")
    if not user.is_admin:
        raise Forbidden("Only an administrator may stop the whole server.", code="admin_only")
