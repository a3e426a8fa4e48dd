"""Errors of the database in a turn: what was answered is stored, and trading goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from tradertape_server.features.auth.models import User
from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.loop import batch
from tradertape_server.features.execution.state.command import Command


def test_who_listens_is_told_that_events_may_be_on_disk_which_nobody_said(
    execution, run, order, monkeypatch
):
    told: list[str] = []
    execution.trader.after_pause(lambda: told.append("look again"))
    said: list[int] = []
    execution.trader.listen(lambda events: said.extend(one.seq for one in events))

    def cut(step: str) -> None:
        if step == "after_commit":
            monkeypatch.undo()
            raise OperationalError("COMMIT", {}, Exception("the connection was cut"))

    monkeypatch.setattr(batch, "crash_point", cut)
    with pytest.raises(TradingPaused):
        execution.place(run, order(), key="key-0001")
    assert (told, said) == ([], []), "stored, and said to nobody"
    answer = execution.place(run, order(), key="key-0001")
    assert (answer.status_code, answer.is_replay) == (200, True)
    assert told == ["look again"]
    [filled] = execution.orders(run_id="run-1")
    assert filled.status == "COMPLETE"


def test_an_error_of_one_wish_loses_nothing_of_those_in_its_turn(execution, database, user_id):
    """A server undoes the whole transaction at the first error in it, and says nothing at its
    end."""
    trader, is_held, is_free = execution.trader, Event(), Event()

    def hold(_uow) -> None:
        is_held.set()
        assert is_free.wait(60)

    def rename(uow) -> None:
        uow.session.execute(update(User).where(User.id == user_id).values(name="Stored"))

    def collide(uow) -> None:
        again = select(User.id, User.email, User.created_at).where(User.id == user_id)
        uow.session.execute(insert(User).from_select(["id", "email", "created_at"], again))

    with ThreadPoolExecutor(3) as pool:
        pool.submit(trader.execute, Command(hold))
        assert is_held.wait(60)
        renamed = pool.submit(trader.execute, Command(rename))
        while trader.waiting[0] < 1:
            pass
        collided = pool.submit(trader.execute, Command(collide))
        while trader.waiting[0] < 2:
            pass
        is_free.set()
        assert renamed.result(60) is None
        with pytest.raises(IntegrityError):
            collided.result(60)
    with database.read() as session:
        assert session.get_one(User, user_id).name == "Stored"
