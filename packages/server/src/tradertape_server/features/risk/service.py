"""Use cases of rules: listing, creating, changing, deleting, their evaluations and halts.

Whatever changes what is judged by runs as a command of the trader: the order after it is judged by
it, in every process.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.risk.rulebook.catalogue import (
    CATALOGUE,
    RuleKind,
    check_scope,
    read_params,
    written_params,
)
from tradertape_core.risk.rulebook.parameters import Kind, Parameter
from tradertape_core.risk.rulebook.rule import Action, Level, Rule, Scope
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.risk import repository
from tradertape_server.features.risk.gate import RiskGate
from tradertape_server.features.risk.models import RiskEvaluation, RiskHalt, RiskRule
from tradertape_server.features.risk.names import RuleNames
from tradertape_server.features.risk.schemas import (
    RiskEvaluationOut,
    RiskHaltOut,
    RiskOutcomeOut,
    RiskParameterOut,
    RiskRuleIn,
    RiskRuleOut,
    RiskRulePatch,
    RiskRuleTypeOut,
    RiskScope,
    RiskScopeOut,
)
from tradertape_server.platform.errors import Conflict, NotFound
from tradertape_server.platform.http.identity import Identity

MOST_RULES = 100
HOLD = timedelta(seconds=60)  # a halt is held at least this long
_UNBOUNDED = frozenset({Kind.FLAG, Kind.CLOCK_TIME, Kind.SYMBOLS, Kind.CHOICES})
R = TypeVar("R")


class RuleService:
    """Rules of a person."""

    def __init__(self, execution: ExecutionService, gate: RiskGate) -> None:
        self._execution = execution
        self._gate = gate
        self._names: RuleNames | None = None

    def check_names(self, names: RuleNames) -> None:
        """Have what scopes and lists name checked from now on."""
        self._names = names

    def types(self) -> list[RiskRuleTypeOut]:
        """The catalogue."""
        return [_type_out(one) for one in CATALOGUE.values()]

    def rules(self, user_id: int, *, active: bool | None) -> list[RiskRuleOut]:
        """A person's active rules; with `active` None all of them."""
        with self._execution.database.read() as session:
            found = repository.rules(session, user_id, active_only=active is not None)
            return [rule_out(row) for row in found if active is None or row.is_active == active]

    def create(self, caller: Identity, body: RiskRuleIn, origin: RequestOrigin) -> RiskRuleOut:
        """Create a rule. Raises InvalidDocument naming what is wrong, Conflict beyond 100."""
        values = values_of(body)
        self._demand_known(caller.id, body.scope, body.params)

        def decide(uow: UnitOfWork) -> RiskRuleOut:
            if repository.count_rules(uow.session, caller.id) >= MOST_RULES:
                raise Conflict(f"There are {MOST_RULES} rules: delete one first", code="rule_limit")
            now = uow.now
            row = RiskRule(
                user_id=caller.id, created_at=now, updated_at=now, trigger_count=0, **values
            )
            uow.session.add(row)
            return self._changed(uow, caller, row, "risk_rule_created", origin)

        return self._do(decide)

    def replace(
        self, caller: Identity, rule_id: int, body: RiskRuleIn, origin: RequestOrigin
    ) -> RiskRuleOut:
        """Replace all of a rule. Raises NotFound, InvalidDocument."""
        values = values_of(body)
        self._demand_known(caller.id, body.scope, body.params)

        def decide(uow: UnitOfWork) -> RiskRuleOut:
            row = _own(uow, caller.id, rule_id)
            for name, value in values.items():
                setattr(row, name, value)
            return self._changed(uow, caller, row, "risk_rule_changed", origin)

        return self._do(decide)

    def change(
        self, caller: Identity, rule_id: int, patch: RiskRulePatch, origin: RequestOrigin
    ) -> RiskRuleOut:
        """Change some of a rule. Raises NotFound, InvalidDocument."""
        self._demand_known(caller.id, patch.scope, patch.params or {})

        def decide(uow: UnitOfWork) -> RiskRuleOut:
            row = _own(uow, caller.id, rule_id)
            given = patch.model_dump(exclude_none=True, exclude={"scope"})
            former = {
                "name": row.name, "type": row.type, "params": row.params, "action": row.action,
                "applies_to": row.applies_to, "severity": row.severity, "is_active": row.is_active,
            }  # fmt: skip
            scope = patch.scope or RiskScope.model_validate(
                {"level": row.scope_level, "id": row.scope_id}
            )
            body = RiskRuleIn.model_validate({**former, **given, "scope": scope.model_dump()})
            for name, value in values_of(body).items():
                setattr(row, name, value)
            return self._changed(uow, caller, row, "risk_rule_changed", origin)

        return self._do(decide)

    def delete(self, caller: Identity, rule_id: int, origin: RequestOrigin) -> None:
        """Delete a rule; a halt that it has begun stays. Raises NotFound."""

        def decide(uow: UnitOfWork) -> None:
            row = _own(uow, caller.id, rule_id)
            _record(uow, caller, row, "risk_rule_deleted", origin)
            uow.session.delete(row)
            uow.session.flush()
            uow.rules_changed()

        self._do(decide)

    def evaluations(
        self, user_id: int, *, passed: bool | None, limit: int, offset: int
    ) -> tuple[list[RiskEvaluationOut], int]:
        """A page of evaluations, newest first, and how many there are."""
        with self._execution.database.read() as session:
            rows, total = repository.evaluations(
                session, user_id, passed=passed, limit=limit, offset=offset
            )
            return [evaluation_out(row) for row in rows], total

    def halts(self, user_id: int, limit: int) -> list[RiskHaltOut]:
        """Halts that rules have begun, newest first."""
        with self._execution.database.read() as session:
            return [halt_out(row) for row in repository.halts(session, user_id, limit)]

    def release(self, caller: Identity, halt_id: int, origin: RequestOrigin) -> RiskHaltOut:
        """End a halt. Raises NotFound, Conflict within a minute of its beginning."""

        def decide(uow: UnitOfWork) -> RiskHaltOut:
            row = repository.halt(uow.session, caller.id, halt_id)
            if row is None:
                raise NotFound("Halt")
            if row.released_at is None:
                demand_held(uow.now - row.since)
                repository.end_halts(uow.session, [halt_id], at=uow.now, by=caller.email)
                if row.until is None:
                    self._begin_peaks(uow, caller.id)
                record(
                    uow.session, "risk_halt_released", user_id=caller.id, actor=caller.email,
                    origin=origin, now=uow.now, halt=halt_id, message=row.message,
                )  # fmt: skip
                uow.rules_changed()
                uow.session.refresh(row)
            return halt_out(row)

        return self._do(decide)

    # --- inside -------------------------------------------------------------------------------

    def _demand_known(self, user_id: int, scope: RiskScope | None, params: dict[str, Any]) -> None:
        if self._names is not None:
            level = Level.USER if scope is None else scope.level
            scope_id = None if scope is None else _scope_of(scope).id
            self._names.demand(user_id, level, scope_id, params.get("symbols"))

    def _begin_peaks(self, uow: UnitOfWork, user_id: int) -> None:
        """A drawdown that was answered is measured from now on."""
        self._gate.look(uow, user_id)
        self._gate.memory.histories.begin_peak(user_id)
        self._gate.memory.histories.write(uow.session, user_id, uow.now)

    def _changed(
        self, uow: UnitOfWork, caller: Identity, row: RiskRule, action: str, origin: RequestOrigin
    ) -> RiskRuleOut:
        row.updated_at = uow.now
        uow.session.flush()
        _record(uow, caller, row, action, origin)
        uow.rules_changed()
        return rule_out(row)

    def _do(self, decide: Callable[[UnitOfWork], R]) -> R:
        return self._execution.trader.execute(Command(decide))


def demand_held(held: timedelta) -> None:
    """Raise Conflict while a halt is younger than a minute: nobody releases it in a panic."""
    if held < HOLD:
        left = int((HOLD - held).total_seconds()) + 1
        raise Conflict(f"It can be released in {left} s", code="held_for_a_minute")


def values_of(body: RiskRuleIn) -> dict[str, Any]:
    """The columns of a rule, checked. Raises InvalidDocument naming what is wrong."""
    kind = CATALOGUE[body.type]
    action = body.action or kind.action
    scope = _scope_of(body.scope)
    check_scope(scope, action)
    read_params(body.type, body.params)
    name = (body.name or kind.label).strip()
    if not name:
        raise InvalidDocument([Problem("/name", "must not be empty")])
    return {
        "name": name,
        "type": body.type.value,
        "scope_level": scope.level.value,
        "scope_id": scope.id,
        "params": written_params(body.type, body.params),
        "action": action.value,
        "applies_to": body.applies_to.value,
        "severity": body.severity.value,
        "is_active": body.is_active,
    }


def _scope_of(given: RiskScope) -> Scope:
    """The scope with its id as owners and instruments are written."""
    name = (given.id or "").strip()
    if given.level is Level.SYMBOL:
        name = name.upper()
    elif given.level is Level.BROKER:
        name = name.lower()
    return Scope(given.level, name or None)


def rule_from(body: RiskRuleIn, number: int) -> Rule:
    """A rule that is only tried. Raises InvalidDocument."""
    values = values_of(body)
    return Rule(
        id=number,
        name=values["name"],
        type=body.type,
        params=read_params(body.type, body.params),
        scope=Scope(body.scope.level, values["scope_id"]),
        action=Action(values["action"]),
        applies_to=body.applies_to,
        severity=body.severity,
    )


def rule_out(row: RiskRule) -> RiskRuleOut:
    """A rule as it is shown."""
    return RiskRuleOut.model_validate(
        {
            **{name: getattr(row, name) for name in RiskRuleOut.model_fields if name != "scope"},
            "scope": {"level": row.scope_level, "id": row.scope_id},
        }
    )


def halt_out(row: RiskHalt) -> RiskHaltOut:
    """A halt as it is shown."""
    names = [name for name in RiskHaltOut.model_fields if name != "scope"]
    scope = RiskScopeOut.model_validate({"level": row.scope_level, "id": row.scope_id})
    values = {name: getattr(row, name) for name in names}
    return RiskHaltOut.model_validate(values | {"scope": scope})


def evaluation_out(row: RiskEvaluation) -> RiskEvaluationOut:
    """An evaluation as it is shown."""
    names = [name for name in RiskEvaluationOut.model_fields if name != "outcomes"]
    outcomes = [RiskOutcomeOut.model_validate(one) for one in row.outcomes]
    return RiskEvaluationOut.model_validate(
        {name: getattr(row, name) for name in names} | {"outcomes": outcomes}
    )


def _own(uow: UnitOfWork, user_id: int, rule_id: int) -> RiskRule:
    row = repository.rule(uow.session, user_id, rule_id)
    if row is None:
        raise NotFound("Rule")
    return row


def _record(
    uow: UnitOfWork, caller: Identity, row: RiskRule, action: str, origin: RequestOrigin
) -> None:
    record(
        uow.session, action, user_id=caller.id, actor=caller.email, origin=origin, now=uow.now,
        rule=row.id, name=row.name, type=row.type, params=row.params, rule_action=row.action,
    )  # fmt: skip


def _type_out(kind: RuleKind) -> RiskRuleTypeOut:
    return RiskRuleTypeOut(
        type=kind.type,
        label=kind.label,
        text=kind.text,
        action=kind.action,
        when=[one.value for one in kind.when],
        parameters=[_parameter_out(one) for one in kind.parameters],
    )


def _parameter_out(one: Parameter) -> RiskParameterOut:
    default = list(one.default) if isinstance(one.default, tuple) else one.default
    is_bounded = one.kind not in _UNBOUNDED
    return RiskParameterOut(
        key=one.key,
        label=one.label,
        kind=one.kind.value,
        default=default,
        minimum=one.low if is_bounded else None,
        maximum=one.high if is_bounded else None,
        choices=list(one.choices),
        note=one.note,
    )
