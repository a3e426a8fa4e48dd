"""Use cases of incoming webhooks: the addresses, and what an alert becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import token_hex, token_urlsafe
from typing import Any, NoReturn, Protocol

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.hooks import alerts, repository, schemas
from tradertape_server.features.hooks.models import HookCall, IncomingHook
from tradertape_server.features.notifications.channels.signing import new_secret
from tradertape_server.features.notifications.publishing import Notice, Publisher
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import (
    ApiError,
    BadRequest,
    Conflict,
    NotFound,
    TooMany,
    Unauthenticated,
)
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.secrets import SecretBox, token_hash

MOST_HOOKS = 10
MOST_PER_MINUTE = 30
KEPT = timedelta(days=30)
PATH = "/settings?tab=webhooks"
# The exchanges that an alert without one may mean, and how TradingView writes `&` and `-`.
EXCHANGES = ("NSE", "BSE")


class SignalSink(Protocol):
    """Where alerts become signals that await approval. Both raise ApiError where they cannot."""

    def demand_possible(self, session: Session, user_id: int, portfolio_id: int) -> Any: ...

    def propose(
        self, session: Session, user_id: int, portfolio_id: int, symbol: str, price: Decimal,
        *, reason: str,
    ) -> int: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class HookService:
    """Use cases; those with a session run in the caller's transaction.

    find: the instruments of these ids that exist. price: the last price of one.
    """

    database: Database
    clock: Clock
    secrets: SecretBox
    publisher: Publisher
    sink: SignalSink
    find: Callable[[Sequence[str]], Sequence[Instrument]]
    price: Callable[[Instrument], Decimal | None]
    public_url: str

    def all(self, session: Session, user_id: int) -> Sequence[IncomingHook]:
        """A person's hooks, oldest first."""
        return repository.of_user(session, user_id)

    def add(
        self, session: Session, who: Identity, body: schemas.HookIn, origin: RequestOrigin
    ) -> schemas.NewHookOut:
        """Make an address. Raises Conflict over the limit, and for an unsuitable portfolio."""
        if len(repository.of_user(session, who.id)) >= MOST_HOOKS:
            raise Conflict(f"You have {MOST_HOOKS} incoming webhooks, the most there can be.")
        if body.portfolio_id is not None:
            self.sink.demand_possible(session, who.id, body.portfolio_id)
        token, now = token_urlsafe(32), self.clock.now()
        secret = {alerts.SIGNED: new_secret, alerts.TRADINGVIEW: lambda: token_hex(20)}.get(
            body.source, lambda: None
        )()
        row = IncomingHook(
            user_id=who.id, name=body.name, source=body.source, token_hash=token_hash(token),
            secret=self.secrets.seal(secret.encode()) if secret else None,
            portfolio_id=body.portfolio_id, is_enabled=True, created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        self._audit(session, who, "incoming_webhook_added", origin, row)
        url = f"{self.public_url}/api/hooks/in/{token}"
        return schemas.NewHookOut(hook=schemas.HookOut.model_validate(row), url=url, secret=secret)

    def change(
        self, session: Session, user_id: int, hook_id: int, patch: schemas.HookPatch
    ) -> IncomingHook:
        """Rename a hook, switch it, choose its portfolio."""
        row = self._own(session, user_id, hook_id)
        if "portfolio_id" in patch.model_fields_set:
            if patch.portfolio_id is not None:
                self.sink.demand_possible(session, user_id, patch.portfolio_id)
            row.portfolio_id = patch.portfolio_id
        row.name = patch.name if patch.name is not None else row.name
        row.is_enabled = patch.is_enabled if patch.is_enabled is not None else row.is_enabled
        row.updated_at = self.clock.now()
        return row

    def delete(self, session: Session, who: Identity, hook_id: int, origin: RequestOrigin) -> None:
        """Delete an address; alerts sent there are refused from now on."""
        row = self._own(session, who.id, hook_id)
        self._audit(session, who, "incoming_webhook_deleted", origin, row)
        session.delete(row)

    def calls(self, session: Session, user_id: int, hook_id: int) -> Sequence[HookCall]:
        """The last calls of a hook, newest first."""
        return repository.calls(session, self._own(session, user_id, hook_id).id, 100)

    # --- receiving ----------------------------------------------------------------------------

    def receive(self, token: str, headers: Mapping[str, str], body: bytes) -> schemas.ReceivedOut:
        """Take an alert, once.

        Raises NotFound for an unknown address, TooMany over the limit, Unauthenticated for one that
        has not proved its sender, BadRequest for one that cannot be read.
        """
        now, hashed = self.clock.now(), token_hash(token)
        with self.database.read() as session:
            row = repository.by_token(session, hashed, lock=False)
            if row is None or not row.is_enabled:
                raise NotFound("Webhook")
            is_flooded = self._is_flooded(session, row, now)
        if is_flooded:
            self._turn_away(hashed, now)
        with self.database.write() as session:
            row = repository.by_token(session, hashed, lock=True)
            if row is None:
                raise NotFound("Webhook")
            row.last_at = now
            repository.prune(session, row.id, now - KEPT)
            try:
                alert = alerts.read(row.source, self._secret(row), headers, body, now)
            except alerts.NotAccepted as error:
                self._refuse(session, row, str(error), now)
                refusal = error
            else:
                return self._take(session, row, alert, now)
        if refusal.is_forged:
            raise Unauthenticated(str(refusal), code="signature_invalid")
        raise BadRequest(str(refusal), code="alert_unreadable")

    def _take(
        self, session: Session, row: IncomingHook, alert: alerts.Alert, now: datetime
    ) -> schemas.ReceivedOut:
        if repository.is_known(session, row.id, _keys(alert.key)):
            self._log(session, row, None, "duplicate", "It was received before.", alert, now)
            return schemas.ReceivedOut(status="duplicate", results=[])
        results = [self._result(session, row, alert, one) for one in alert.instruments]
        results += [_left_out(symbol) for symbol in alert.left_out]
        is_refused = all(one.outcome == "refused" for one in results)
        detail = "; ".join(f"{one.symbol}: {one.detail or one.outcome}" for one in results)
        outcome = "refused" if is_refused else "accepted"
        call = self._log(session, row, alert.key, outcome, detail, alert, now)
        self._tell(session, row, alert, results, call, now)
        return schemas.ReceivedOut(status=outcome, results=results)

    def _result(
        self,
        session: Session,
        row: IncomingHook,
        alert: alerts.Alert,
        one: alerts.AlertSymbol,
    ) -> schemas.ResultOut:
        def result(outcome: Any, detail: str, signal_id: int | None = None) -> schemas.ResultOut:
            return schemas.ResultOut(
                symbol=one.symbol, outcome=outcome, signal_id=signal_id, detail=detail
            )

        try:
            instrument = self._instrument(one)
            if row.portfolio_id is None or alert.action == "sell":
                what = f"{alert.action.upper()} {instrument.id}"
                return result("notification", what)
            price = one.price or self.price(instrument)
            if price is None:
                raise Conflict("The alert has no price, and there is no last price.")
            with session.begin_nested():
                signal_id = self.sink.propose(
                    session, row.user_id, row.portfolio_id, instrument.tradingsymbol, price,
                    reason=f"Alert of {row.name}" + (f": {alert.text}" if alert.text else ""),
                )  # fmt: skip
            return result("signal", f"signal {signal_id} awaits approval", signal_id)
        except ApiError as error:
            return result("refused", error.detail)

    def _instrument(self, one: alerts.AlertSymbol) -> Instrument:
        """The one share that an alert means. Raises Conflict for none and for several."""
        exchanges = (one.exchange,) if one.exchange else EXCHANGES
        written = dict.fromkeys(
            (one.symbol, one.symbol.replace("_", "&"), one.symbol.replace("_", "-"))
        )
        names = [f"{exchange}:{one}" for exchange in exchanges for one in written]
        found = self.find(names)
        if not found:
            raise Conflict(f"There is no instrument {names[0]}.")
        if len(found) > 1:
            several = " or ".join(one.id for one in found)
            raise Conflict(f"{one.symbol} may be {several}: send `exchange` too.")
        return found[0]

    def _tell(
        self, session: Session, row: IncomingHook, alert: alerts.Alert,
        results: Sequence[schemas.ResultOut], call: HookCall, now: datetime,
    ) -> None:  # fmt: skip
        refused = [one for one in results if one.outcome == "refused"]
        told = [one for one in results if one.outcome == "notification"]
        notices: list[Notice] = []
        if told:
            names = ", ".join(one.detail for one in told)
            notices.append(Notice(
                row.user_id, "webhook.alert", f"hook:{call.id}", f"{row.name}: {names}"[:200],
                alert.text or names, now, PATH, {"hook_id": row.id},
            ))  # fmt: skip
        if refused:
            text = "\n".join(f"{one.symbol}: {one.detail}" for one in refused)
            notices.append(Notice(
                row.user_id, "webhook.refused", f"hook:{call.id}:refused",
                f"{row.name}: alert not used", text, now, PATH, {"hook_id": row.id},
            ))  # fmt: skip
        self.publisher.publish(session, notices)

    def _refuse(self, session: Session, row: IncomingHook, why: str, now: datetime) -> None:
        self._log(session, row, None, "refused", why, None, now)
        notice = Notice(
            row.user_id, "webhook.refused", f"hook:{row.id}:{now:%Y%m%d%H}:{why[:60]}",
            f"{row.name}: alert refused", why, now, PATH, {"hook_id": row.id},
        )  # fmt: skip
        self.publisher.publish(session, [notice])

    def _is_flooded(self, session: Session, row: IncomingHook, now: datetime) -> bool:
        recent = repository.count_calls(session, row.id, now - timedelta(minutes=1))
        return recent >= MOST_PER_MINUTE

    def _turn_away(self, hashed: str, now: datetime) -> NoReturn:
        """Refuse an alert over the limit; its owner is told once an hour. Raises TooMany."""
        why = f"More than {MOST_PER_MINUTE} alerts in a minute at this address."
        with self.database.write() as session:
            row = repository.by_token(session, hashed, lock=False)
            if row is not None:
                text = f"{why} Those beyond them were not used."
                notice = Notice(
                    row.user_id, "webhook.refused", f"hook:{row.id}:{now:%Y%m%d%H}:flooded",
                    f"{row.name}: alerts refused", text, now, PATH, {"hook_id": row.id},
                )  # fmt: skip
                self.publisher.publish(session, [notice])
        raise TooMany(why, retry_after_s=60)

    def _log(
        self, session: Session, row: IncomingHook, key: str | None, outcome: str, detail: str,
        alert: alerts.Alert | None, now: datetime,
    ) -> HookCall:  # fmt: skip
        symbols = [one.symbol for one in alert.instruments] if alert is not None else []
        call = HookCall(hook_id=row.id, key=key, outcome=outcome, detail=detail[:300],
                        symbols=symbols, at=now)  # fmt: skip
        session.add(call)
        session.flush()
        return call

    def _secret(self, row: IncomingHook) -> str:
        opened = self.secrets.unseal(row.secret) if row.secret else b""
        if opened is None:
            raise Conflict("This webhook's secret cannot be read: make a new one.")
        return opened.decode()

    def _own(self, session: Session, user_id: int, hook_id: int) -> IncomingHook:
        row = repository.own(session, user_id, hook_id)
        if row is None:
            raise NotFound("Incoming webhook")
        return row

    def _audit(
        self, session: Session, who: Identity, action: str, origin: RequestOrigin, row: IncomingHook
    ) -> None:
        record(
            session, action, user_id=who.id, actor=who.email, origin=origin,
            now=self.clock.now(), name=row.name, source=row.source,
        )  # fmt: skip


def _left_out(symbol: str) -> schemas.ResultOut:
    detail = f"An alert takes {alerts.MOST_SYMBOLS} stocks: this one was left out."
    return schemas.ResultOut(symbol=symbol, outcome="refused", signal_id=None, detail=detail)


def _keys(key: str) -> list[str]:
    """The key, and that of the five minutes before where it counts them."""
    content, colon, slot = key.partition(":")
    if colon and content != "id" and slot.isdigit():
        return [key, f"{content}:{int(slot) - 1}"]
    return [key]
