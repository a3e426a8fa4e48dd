"""What belongs to one account, and what everybody else is told of it; the rows are in routes.py."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files.books import invented, kite_csv
from PIL import Image

from tradertape_core.portfolio.book import PaperBook, document
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.container import Container
from tradertape_server.features.agents.models import AgentLease, AgentSnapshot
from tradertape_server.features.auth.models import User
from tradertape_server.features.backtests.models import BacktestRun, BacktestStudy
from tradertape_server.features.family.models import FamilyMember
from tradertape_server.features.portfolios.models import (
    Portfolio,
    PortfolioPosition,
    PortfolioSignal,
)
from tradertape_server.features.portfolios.state import settings_document
from tradertape_server.features.risk.models import RiskHalt

from .route_table import GTT_LEG, OWNED, STRATEGY, WORKER_RUN, call

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def things_of(owner: TestClient, container: Container, number: int = 0) -> dict[str, Any]:
    """Make one of everything for an account; `number` tells accounts apart."""
    user_id = owner.get("/api/auth/me").json()["id"]
    run_id, study_id = _backtests(user_id, container, number)

    def made(path: str, body: dict[str, Any], field: str = "id") -> Any:
        return owner.post(f"/api/{path}", json=body).json()[field]

    return {
        "strategy_id": made("strategies", STRATEGY),
        "run_id": run_id,
        "study_id": study_id,
        "strategy_run_id": made("algo-workers/worker/runs", WORKER_RUN, "strategy_run_id"),
        "option_run_id": _option_run(owner),
        "watchlist_id": made("watchlists", {"name": "Mine"}),
        "upload_id": _upload(owner),
        "mapping": _mapping(owner),
        **_journal(owner),
        **_family(owner, container, number),
        "gtt_id": made("gtts", {"instrument": "NSE:INFY", "legs": [GTT_LEG]}),
        "rule_id": made("risk/rules", {"type": "max_positions"}),
        "halt_id": _halt(user_id, container),
        "lease_id": _lease(user_id, container),
        "snapshot_id": _snapshot(user_id, container),
        **_portfolio(user_id, container, number),
        "session_id": owner.get("/api/auth/sessions").json()[0]["id"],
        "key_id": made("auth/agent-keys", {}),
        "worker_key_id": made("auth/worker-tokens", {}),
        "user_id": user_id,
    }


def _upload(owner: TestClient) -> int:
    day = date(2024, 4, 1)
    content = kite_csv(invented(1, 12, first=day, last=day))
    sent = owner.post("/api/uploads/tradebook", files=[("files[]", ("book.csv", content))])
    return sent.json()["files"][0]["id"]


def _journal(owner: TestClient) -> dict[str, Any]:
    """A trade that was written about, with a picture."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    key = owner.get("/api/journal/trips").json()[0]["key"]
    assert owner.put(f"/api/journal/trips/{key}", json={"note": "Mine"}).status_code == 200
    added = owner.post(f"/api/journal/trips/{key}/screenshots", content=picture.getvalue())
    return {"trip_key": key, "screenshot_id": added.json()["id"]}


def _family(owner: TestClient, container: Container, number: int) -> dict[str, Any]:
    """A group with an invitation and a second member."""
    group = owner.post("/api/family/groups", json={"name": "Mine"}).json()["id"]
    guest = {"email": f"invited-{number}@example.com"}
    invitation = owner.post(f"/api/family/groups/{group}/invite", json=guest).json()["invite_id"]
    now = container.clock.now()
    with container.database.write() as session:
        member = User(email=f"member-{number}@example.com", created_at=now)
        session.add(member)
        session.flush()
        session.add(
            FamilyMember(
                group_id=group,
                user_id=member.id,
                role="member",
                shares_holdings=True,
                shares_positions=True,
                shares_mutual_funds=True,
                amounts="percent",
                joined_at=now,
            )
        )
        return {"group_id": group, "invitation_id": invitation, "member_id": member.id}


def _mapping(owner: TestClient) -> str:
    fields = ("symbol", "traded_on", "side", "quantity", "price")
    body = {"columns": {one: one for one in fields}}
    return owner.put("/api/uploads/mappings/Mine", json=body).json()["name"]


def _backtests(user_id: int, container: Container, number: int) -> tuple[str, str]:
    run_id, study_id = f"bt_{number:024x}", f"st_{number:024x}"
    now = container.clock.now()
    with container.database.write() as session:
        run = BacktestRun(
            public_id=run_id, user_id=user_id, status="completed",
            name="Mine", tags=[], strategy_id=None, strategy_name="Mine", strategy_version=None,
            universe="nifty_100", data_set="toy", start_date=now.date(), end_date=now.date(),
            request={}, headline={}, created_at=now,
        )  # fmt: skip
        study = BacktestStudy(
            public_id=study_id, user_id=user_id, status="cancelled",
            kind="sweep", name="Mine", strategy_name="Mine", universe="nifty_100", data_set="toy",
            data_version="", is_simulated=True, start_date=now.date(), end_date=now.date(),
            metric="sharpe", request={"min_trades": 10}, total=0, created_at=now,
        )  # fmt: skip
        session.add_all([run, study])
    return run_id, study_id


def _halt(user_id: int, container: Container) -> int:
    """A halt of a rule that has ended."""
    now = container.clock.now()
    with container.database.write() as session:
        halt = RiskHalt(
            user_id=user_id, money="paper", rule_id=1, rule_name="Mine", rule_type="daily_loss",
            scope_level="user", action="halt_entries", message="a loss", since=now,
            released_at=now, released_by="its time was over",
        )  # fmt: skip
        session.add(halt)
        session.flush()
        return halt.id


def _lease(user_id: int, container: Container) -> int:
    """A signal that an agent has in hand."""
    now = container.clock.now()
    with container.database.write() as session:
        lease = AgentLease(
            user_id=user_id, key="sig:1:a1", signal_id=1, symbol="INFY", side="BUY", run_id="",
            instance="laptop", state="leased", leased_at=now,
            lease_until=now + timedelta(minutes=1), cancel_wanted=False,
        )  # fmt: skip
        session.add(lease)
        session.flush()
        return lease.id


def _snapshot(user_id: int, container: Container) -> int:
    """What an agent sent."""
    now = container.clock.now()
    with container.database.write() as session:
        snapshot = AgentSnapshot(
            user_id=user_id, kind="holdings", broker="kite", day=now.date(), as_of=now,
            instance="laptop", is_scaled=False, factor_id=None, rows=[],
        )  # fmt: skip
        session.add(snapshot)
        session.flush()
        return snapshot.id


def _portfolio(user_id: int, container: Container, number: int) -> dict[str, int]:
    """A portfolio with a signal and a position."""
    now, day = container.clock.now(), container.clock.now().date()
    settings = settings_document(PortfolioSettings())
    with container.database.write() as session:
        portfolio = Portfolio(
            user_id=user_id, name="Mine", strategy_id=1, strategy_version=1, strategy_name="Mine",
            document={}, settings=settings, data_set="toy", created_at=now, updated_at=now,
            book=document(PaperBook.opened(1)),
        )  # fmt: skip
        session.add(portfolio)
        session.flush()
        signal = PortfolioSignal(
            portfolio_id=portfolio.id, epoch=1, symbol="INFY", status="pending_approval",
            signal_date=day, conviction=50.0, rank=1, sector="", company="", isin="", reason="",
            ref_price=1.0, quantity=1, history=[], expires_at=now + timedelta(days=1),
            created_at=now, updated_at=now,
        )  # fmt: skip
        position = PortfolioPosition(
            portfolio_id=portfolio.id, epoch=1, sequence=number, symbol="INFY", sector="", isin="",
            status="open", open_quantity=1, average_price=1.0, entry_price=1.0, entry_date=day,
            last_close=1.0, lowest=1.0, peak=1.0, invested_paise=100, charges_paise=0,
            dividends_paise=0, bars_held=0, addons=0, sales=[], created_at=now, updated_at=now,
        )  # fmt: skip
        session.add_all([signal, position])
        session.flush()
        ids = (portfolio.id, signal.id, position.id)
    return dict(zip(("portfolio_id", "signal_id", "position_id"), ids, strict=True))


def _option_run(owner: TestClient) -> str:
    """An option run of one leg."""
    wanted = {"legs": [{"option_type": "CE", "offset": "ATM"}]}
    (option,) = owner.post("/api/options/NIFTY/select", json=wanted).json()["resolved"]
    leg = {"transaction_type": "BUY", "quantity": option["lot_size"]}
    body = {
        "strategy_name": "Mine", "product": "NRML",
        "legs": [{**leg, "tradingsymbol": option["tradingsymbol"]}],
    }  # fmt: skip
    made = owner.post("/api/algo-workers/worker/options/runs", json=body)
    return made.json()["strategy_run_id"]


def _named(name: str, things: dict[str, Any]) -> dict[str, Any]:
    """What the parameters of a route mean, where one word means two things."""
    if "family" in name:
        return {**things, "user_id": things["member_id"]}
    if "worker-tokens" in name:
        return {**things, "key_id": things["worker_key_id"]}
    if "options/runs" in name:
        return {**things, "strategy_run_id": things["option_run_id"]}
    return things


@pytest.mark.parametrize("is_admin", [False, True], ids=["another", "administrator"])
def test_somebody_elses_thing_looks_like_one_that_is_not_there(
    sign_in: Any, container: Container, *, is_admin: bool
) -> None:
    """FAULTS §8: 404 with the same body, also for an administrator."""
    things = things_of(sign_in(), container)
    stranger = sign_in("stranger@example.com", is_admin=is_admin)
    told = {}
    for name in OWNED:
        foreign, missing = call(stranger, name, _named(name, things)), call(stranger, name, {})
        if (foreign.status_code, foreign.text) != (404, missing.text):
            told[name] = (foreign.status_code, foreign.text, missing.text)
        assert missing.status_code == 404, name
    assert told == {}


def test_the_owner_is_not_told_that_it_is_missing(sign_in: Any, container: Container) -> None:
    """Without this the test above would also pass for a route that finds nothing at all."""
    turned_away = {}
    read = things_of(sign_in(), container)
    for number, name in enumerate(OWNED, start=1):
        if name.startswith("GET "):
            owner, things = sign_in(), read
        else:  # it may be gone afterwards
            owner = sign_in(f"owner-{number}@example.com")
            things = things_of(owner, container, number)
        status = call(owner, name, _named(name, things)).status_code
        if status in {401, 403, 404, 422, 500}:
            turned_away[name] = status
    assert turned_away == {}
