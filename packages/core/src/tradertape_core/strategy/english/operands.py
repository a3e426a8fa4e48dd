"""Operands as nouns, and numbers in the unit of what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradertape_core.kernel.format import grouped, inr, inr_short
from tradertape_core.strategy.language import rules
from tradertape_indicators import CATALOGUE

_CANDLE: Mapping[str, str] = {
    "open": "open",
    "high": "day's high",
    "low": "day's low",
    "close": "close",
    "volume": "volume",
}
# Short names and functions (or function.output) as nouns; parameters in braces.
_NOUNS: Mapping[str, str] = {
    "macd_signal": "MACD signal line",
    "bb_upper": "upper Bollinger band",
    "bb_lower": "lower Bollinger band",
    "high_52w": "52-week high",
    "low_52w": "52-week low",
    "drawdown_52w_pct": "fall from the 52-week high",
    "macd": "MACD line",
    "sma": "{period}-day average",
    "ema": "{period}-day exponential average",
    "wma": "{period}-day weighted average",
    "vwma": "{period}-day volume-weighted average",
    "return_pct": "{period}-day return",
    "drawdown_pct": "fall from the {period}-day high",
    "volume_ratio": "volume against its {period}-day average",
    "turnover": "{period}-day average turnover",
    "gap_pct": "opening gap",
    "rs_rank": "{period}-day relative-strength rank",
    "rsi": "RSI({period})",
    "cci": "CCI({period})",
    "mfi": "MFI({period})",
    "dpo": "DPO({period})",
    "obv": "OBV",
    "vwap": "VWAP",
    "atr": "ATR({period})",
    "atr_pct": "ATR({period}) as a share of the close",
    "true_range": "true range",
    "stdev": "{period}-day standard deviation",
    "linreg": "{period}-day regression line",
    "williamsr": "Williams %R({period})",
    "williams_r": "Williams %R({period})",
    "adx": "ADX({period})",
    "adx.plus_di": "+DI({period})",
    "adx.minus_di": "−DI({period})",
    "aroon.aroon_up": "Aroon up({period})",
    "aroon.aroon_down": "Aroon down({period})",
    "macd.macd": "MACD({fast_period}, {slow_period}) line",
    "macd.signal": "MACD({fast_period}, {slow_period}) signal({signal_period}) line",
    "macd.histogram": "MACD({fast_period}, {slow_period}, {signal_period}) histogram",
    "ppo.ppo": "PPO({fast_period}, {slow_period}) line",
    "ppo.signal": "PPO({fast_period}, {slow_period}) signal({signal_period}) line",
    "ppo.histogram": "PPO({fast_period}, {slow_period}, {signal_period}) histogram",
    "stochastic.stoch_k": "stochastic %K({k_period})",
    "stochastic.stoch_d": "stochastic %D({k_period}, {d_period})",
    "bbands.upper": "upper Bollinger band({period}, {multiplier})",
    "bbands.middle": "middle Bollinger band({period})",
    "bbands.lower": "lower Bollinger band({period}, {multiplier})",
    "keltner.upper": "upper Keltner band({period}, {multiplier})",
    "keltner.middle": "middle Keltner band({period})",
    "keltner.lower": "lower Keltner band({period}, {multiplier})",
    "supertrend.supertrend": "Supertrend({period}, {multiplier})",
    "supertrend.direction": "Supertrend({period}, {multiplier}) direction",
    "sar.sar": "parabolic SAR",
    "sar.trend": "parabolic SAR direction",
    "vol_regime": "recent volatility against the usual",
    "trend_alignment": "trend alignment score",
}
_EXTREMES: Mapping[str, str] = {"highest": "high", "lowest": "low"}
_AVERAGES = ("sma", "ema", "wma", "vwma")
_SIGNS = ("direction", "trend")  # outputs that are +1 or -1

_POSITION: Mapping[str, tuple[str, str]] = {  # noun, unit
    "total_bars_held": ("the time held", "days"),
    "bars_since_entry": ("the time since entry", "days"),
    "avg_price": ("the average price paid", "rupees"),
    "entry_price": ("the entry price", "rupees"),
    "qty": ("the quantity held", "shares"),
    "pnl_pct": ("the gain", "percent"),
    "max_pnl_pct": ("the best gain so far", "percent"),
    "drawdown_from_peak_pct": ("the fall from the position's peak", "percent"),
    "addon_count": ("the number of add-ons", ""),
    "bars_since_addon": ("the time since the last add-on", "days"),
    "atr_at_entry": ("ATR at entry", "rupees"),
    "stop_price": ("the stop", "rupees"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What an operand is called where this index and these parameters apply."""

    index: str
    params: rules.Params

    def noun(self, operand: rules.Operand) -> str:
        """An operand as a noun phrase: "the 50-day average of the close"."""
        match operand:
            case rules.Indicator():
                return self._indicator(operand)
            case rules.Market():
                return self._market(operand.indicator)
            case rules.Number():
                return number(operand.value)
            case rules.Param():
                return self._param(operand.name)
            case rules.PositionValue():
                return _POSITION[operand.field][0]
            case rules.Arith():
                return self._arithmetic(operand)

    def pair(self, left: rules.Operand, right: rules.Operand) -> tuple[str, str]:
        """Two nouns of one clause; a price and an average of it read "the close … its average"."""
        subject, other = self.noun(left), self.noun(right)
        match left, right:
            case rules.Indicator() as one, other_node if _is_price(one):
                is_own = _is_own_average(other_node, of_market=False)
            case rules.Market(indicator=one), other_node if _is_price(one):
                is_own = _is_own_average(other_node, of_market=True)
                other = other.replace(f"the {self.index}'s ", "the ", 1) if is_own else other
            case _:
                is_own = False
        return subject, other.replace("the ", "its ", 1) if is_own else other

    def _indicator(self, node: rules.Indicator) -> str:
        noun = self.bare(node)
        is_title = noun[0] in "+−" or (noun[0].isupper() and not noun.endswith("line"))
        return f"{'' if is_title else 'the '}{noun}{_earlier(node.offset)}"

    def _market(self, node: rules.Indicator) -> str:
        if node.fn == "close":
            return f"the {self.index}{_earlier(node.offset)}"
        return f"the {self.index}'s {self.bare(node)}{_earlier(node.offset)}"

    def bare(self, node: rules.Indicator) -> str:
        """The indicator without an article or offset: "20-day average", "RSI(14)"."""
        if node.fn in _CANDLE:
            return _CANDLE[node.fn]
        values = {name: self.parameter(value) for name, value in node.params}
        named = [value.name for _, value in node.params if isinstance(value, rules.Param)]
        settled = [name for name in named if name in self.params]
        return self._called(node, values) + (f" (set by {', '.join(settled)})" if settled else "")

    def _called(self, node: rules.Indicator, values: Mapping[str, str]) -> str:
        if node.fn in _EXTREMES:
            return _extreme(node, values["period"])
        source = "" if node.source == "close" else f" of the {_CANDLE[node.source]}"
        for key in (node.name, f"{node.fn}.{node.output}", node.fn):
            if key in _NOUNS:
                return _NOUNS[key].format(**values) + source
        title = CATALOGUE[node.fn].title
        called = f"{title[:1].lower()}{title[1:]}"
        ordered = [values[one.name] for one in CATALOGUE[node.fn].params]
        inside = f"({', '.join(ordered)})" if ordered else ""
        output = f" {node.output.replace('_', ' ')}" if node.output else ""
        return f"{called}{inside}{output}{source}"

    def parameter(self, value: float | rules.Param) -> str:
        """A number, or the value of a parameter."""
        if isinstance(value, rules.Param):
            return number(self.params[value.name]) if value.name in self.params else value.name
        return number(value)

    def _param(self, name: str) -> str:
        return f"{number(self.params[name])} ({name})" if name in self.params else name

    def _arithmetic(self, node: rules.Arith) -> str:
        left, right = node.left, node.right
        if node.op == "*":
            if isinstance(left, rules.Number):
                left, right = right, left
            if isinstance(right, rules.Number) and 0 < right.value <= 10:
                return f"{number(right.value * 100)}% of {self._inside(left)}"
        word = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}[node.op]
        return f"{self._inside(left)} {word} {self._inside(right)}"

    def _inside(self, operand: rules.Operand) -> str:
        noun = self.noun(operand)
        return f"({noun})" if isinstance(operand, rules.Arith) else noun


def unit(operand: rules.Operand) -> str:
    """rupees, percent, days, shares, … or "" where a number has none."""
    match operand:
        case rules.Indicator():
            return _indicator_unit(operand)
        case rules.Market():
            found = unit(operand.indicator)
            return "points" if found == "rupees" else found
        case rules.PositionValue():
            return _POSITION[operand.field][1]
        case rules.Arith():
            return _unit_of(operand)
        case _:
            return ""


def amount(value: float, kind: str) -> str:
    """A number in its unit: ₹1,250, 5%, 3 days, 1.5."""
    if kind == "rupees":
        if abs(value) >= 100_000:
            return inr_short(value).replace(".00", "")
        return inr(value, 0 if value == int(value) else 2)
    if kind == "percent":
        return f"{number(value)}%"
    if kind == "days":
        return "1 day" if value == 1 else f"{number(value)} days"
    if kind == "ratio":
        return f"{number(value)}×"
    return number(value)


def number(value: float) -> str:
    """A number with Indian groups and no more decimals than it needs, at most six."""
    if value == int(value):
        return grouped(value, 0)
    return grouped(value, 6).rstrip("0").rstrip(".")


def _indicator_unit(node: rules.Indicator) -> str:
    """The catalogue's unit without what it adds for the reader: "percent, 0 or positive"."""
    if node.output in _SIGNS:
        return ""
    found = CATALOGUE[node.fn].unit.split(",")[0].split(";")[0]
    if found == "source":
        return "shares" if node.source == "volume" else "rupees"
    return found if found in ("rupees", "percent", "shares", "ratio") else ""


def _extreme(node: rules.Indicator, period: str) -> str:
    word = _EXTREMES[node.fn]
    if node.name in _NOUNS:
        return _NOUNS[node.name]
    if node.source == word:
        return f"{period}-day {word}"
    return f"{node.fn} {_CANDLE[node.source]} of {period} days"


def _unit_of(node: rules.Arith) -> str:
    left, right = unit(node.left), unit(node.right)
    if node.op in "+-":
        return left or right
    if node.op == "/" and left == right:
        return ""
    return left if not right else right if node.op == "*" and not left else ""


def _earlier(offset: int) -> str:
    if not offset:
        return ""
    return " of the day before" if offset == 1 else f" of {offset} days before"


def _is_price(node: rules.Indicator) -> bool:
    return node.fn in _CANDLE and node.fn != "volume" and not node.offset


def _is_own_average(node: rules.Operand, *, of_market: bool) -> bool:
    if isinstance(node, rules.Arith):
        sides = (node.left, node.right)
        return any(_is_own_average(side, of_market=of_market) for side in sides)
    if of_market:
        node = node.indicator if isinstance(node, rules.Market) else rules.Number(0.0)
    return isinstance(node, rules.Indicator) and node.fn in _AVERAGES and node.source == "close"
