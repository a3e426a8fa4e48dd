"""A commit whose answer was lost: trading goes on after a recovery, and listeners look again."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from tradertape_server.features.execution import trader
from tradertape_server.features.execution.errors import TradingPaused


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

    monkeypatch.setattr(trader, "reach", cut)
    with pytest.raises(TradingPaused):
        execution.place(run, order(), key="key-0001")
    assert (told, said) == ([], []), "stored, and said to nobody"
    answer = execution.place(run, order(), key="key-0001")
    assert (answer.status_code, answer.is_replay) == (200, True)
    assert told == ["look again"]
    [filled] = execution.orders(run_id="run-1")
    assert filled.status == "COMPLETE"
