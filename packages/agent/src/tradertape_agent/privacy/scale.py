"""Real units to the cloud's and back. Exact: closing trades net to zero on both sides.

Only quantities and amounts are scaled. Prices are public, so a scaled price tells the factor.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final, Protocol

_FIGURES: Final = re.compile(r"\w*\d[\w,.]*")
_PRICE_STEP: Final = Decimal("0.000001")
_PAISA: Final = Decimal("0.01")
_DIGITS_OF_AN_ID: Final = 16
# So far a quantity that the cloud kept with 8 decimals may lie from the whole units it means.
_ALMOST_WHOLE: Final = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A factor and its label. factor: 1 leaves everything as it is.

    factor_id: a random label that marks what was scaled with this factor. id_key: hides ids.
    scales_prices: the documentation's first design; prices then tell the factor.
    """

    factor: Decimal = Decimal(1)
    factor_id: str | None = None
    id_key: bytes = field(default=b"", repr=False)
    scales_prices: bool = False

    @property
    def is_scaled(self) -> bool:
        """Whether the cloud sees other figures than the broker."""
        return self.factor != 1

    def to_cloud(self, units: Decimal | int) -> Decimal:
        """Scale a quantity or an amount; nothing is rounded."""
        return Decimal(units) * self.factor

    def price_to_cloud(self, price: Decimal) -> Decimal:
        """Scale a price, where prices are scaled."""
        if not self.scales_prices:
            return price
        return (price * self.factor).quantize(_PRICE_STEP, ROUND_HALF_EVEN)

    def price_from_cloud(self, price: Decimal) -> Decimal:
        """Return the real price of the cloud's."""
        return price / self.factor if self.scales_prices else price

    def units(self, cloud_units: Decimal) -> Decimal:
        """Return the real quantity of the cloud's: whole where it is meant to be, else exact."""
        exact = Fraction(cloud_units) / Fraction(self.factor)
        whole = round(exact)
        if abs(exact - whole) <= _ALMOST_WHOLE * max(1, abs(whole)):
            return Decimal(whole)
        return Decimal(exact.numerator) / Decimal(exact.denominator)

    def amount(self, cloud_amount: Decimal) -> Decimal:
        """Return the real amount of the cloud's, to the paisa."""
        return (cloud_amount / self.factor).quantize(_PAISA, ROUND_HALF_EVEN)

    def identifier(self, value: str) -> str:
        """Hide an id: the same value always becomes the same sixteen digits."""
        if not self.is_scaled or not value:
            return value
        return hmac.new(self.id_key, value.encode(), hashlib.sha256).hexdigest()[:_DIGITS_OF_AN_ID]

    def account(self, client_id: str) -> str:
        """Name an account at a broker: by a hash of its own, so that it is no order's id either."""
        return (
            self.identifier(f"account {client_id}") if self.is_scaled and client_id else client_id
        )

    def text(self, words: str) -> str:
        """Take figures and ids out of a sentence: it may quote the broker's."""
        return _FIGURES.sub("…", words) if self.is_scaled else words


PLAIN: Final = Scale()


class Scales(Protocol):
    """Which scale applies."""

    def orders(self, *, is_scaled: bool) -> Scale:
        """Of a signal's quantity."""
        ...

    def reports(self, *, is_scaled: bool) -> Scale:
        """Of what is reported: never less private than the account is now."""
        ...
