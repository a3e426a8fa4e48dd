"""The code of the guide to indicators runs as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[4] / "docs" / "sdk" / "indicators.md"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


class Market:
    """Answers as a client does, from candles made up."""

    def __init__(self, frame):
        self.candles = [
            {"ts": ts.isoformat(), **row, "is_complete": True}
            for ts, row in zip(frame.index, frame.to_dict(orient="records"))
        ]

    def get_historical_candles(self, instrument, *, timeframe, lookback_days):
        assert (instrument, timeframe, lookback_days) == ("NSE:INFY", "5minute", 5)
        return {"candles": self.candles[:-20], "current": None}

    def stream_candles(self, instrument, *, interval):
        assert (instrument, interval) == ("NSE:INFY", "5minute")
        for candle in self.candles[-20:]:
            yield {"current": {**candle, "is_complete": False}}
            yield candle


def test_the_guide_s_code_runs(candles, capsys):
    names = {"client": Market(candles(120, seed=1))}
    for block in BLOCKS:
        exec(compile(block, str(GUIDE), "exec"), names)  # noqa: S102 - our own documentation
    engine, frame = names["engine"], names["frame"]
    assert engine.ready
    assert len(frame) == 100
    fast = names["ta"].ema(candles(120, seed=1)["close"], 9).iloc[-1]
    assert engine.values["fast"].value == pytest.approx(fast, rel=1e-12)
    assert len(capsys.readouterr().out.splitlines()) > 1
