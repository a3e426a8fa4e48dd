"""The last look at what leaves: refused where an unscaled figure or an id of the user is in it.

It does not trust who made the body. A figure passes if it is the factor times whole units, or
times whole paise; a name that it does not know does not pass at all.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final, cast

from tradertape_agent.addresses import ACCESS_TOKEN, UPLOADS
from tradertape_agent.errors import AgentError
from tradertape_agent.privacy import columns
from tradertape_agent.privacy.modes import Mode, Privacy

QUANTITIES: Final = frozenset({"quantity", "t1_quantity", "pledged_quantity", "filled_quantity"})
AMOUNTS: Final = frozenset(
    {
        "invested", "value", "pnl", "available_cash", "available_margin", "used_margin",
        "collateral", "net", "fees", "amount", "debit", "credit", "balance",
    }
)  # fmt: skip
PRICES: Final = frozenset({"average_price", "last_price", "price"})
COUNTS: Final = frozenset({"signal_id", "version", "symbols", "ok", "drift", "ignored"})
SHARE: Final = "filled_share"  # of an order whose size the cloud knows
HIDDEN_IDS: Final = frozenset({"gtt_id", "order_id"})
_WORDS: Final = frozenset({"message", "reason", "note", "broker_status"})
_FREE: Final = frozenset(
    {
        "broker", "symbol", "exchange", "isin", "product", "outcome", "status", "name", "as_of",
        "occurred_at", "last_poll", "instance", "factor_id", "idempotency_key", "sealed",
    }
)  # fmt: skip
# Random letters, in which a PAN or an id may stand by chance; nothing else is left out of the look.
_SEALED: Final = re.compile(rb'"sealed": "[A-Za-z0-9+/]*=*"')
_HIDDEN_ID: Final = re.compile(r"[0-9a-f]{16}")
PAN: Final = re.compile(rb"(?<![A-Z0-9])[A-Z]{5}[0-9]{4}[A-Z](?![A-Z0-9])")
_SENT_COLUMNS: Final = (
    columns.QUANTITIES | columns.AMOUNTS | columns.PRICES | columns.IDS | columns.FACTS
)
_OF_A_FILE: Final = {"kind", "name", "content", "scaled", "factor_id"}
_DIGIT: Final = re.compile(r"\d")
_NEAR: Final = Fraction(1, 10**6)
_LEAST_SECRET: Final = 4
_LONGEST_WEIGHT: Final = Decimal(100)

Texts = Callable[[], Iterable[str]]


class Withheld(AgentError):
    """A request that was not sent, because it would tell what must stay on this machine."""


class Verifier:
    """Checks each request of the cloud's client. All of the accounts, read at each request:

    secrets: never leave. tokens: of sessions, leave for one route alone. ids: of the client.
    """

    def __init__(self, privacy: Privacy, *, secrets: Texts, tokens: Texts, ids: Texts) -> None:
        self._privacy = privacy
        self._secrets = secrets
        self._tokens = tokens
        self._ids = ids

    def __call__(self, path: str, body: bytes) -> None:
        """Check a request. Raises Withheld."""
        whole = path.encode() + b"\n" + _SEALED.sub(b'"sealed": ""', body)
        tokens = () if path == ACCESS_TOKEN else self._tokens()
        for secret in (*self._secrets(), *tokens):
            if len(secret) >= _LEAST_SECRET and secret.encode() in whole:
                raise Withheld(f"{path} was not sent: it holds a secret of a broker")
        if self._privacy.mode is Mode.OFF:
            return
        if path == ACCESS_TOKEN:
            raise Withheld(
                "the broker's session was not sent: obfuscation is on, and it can read everything"
            )
        for one in self._ids():
            if len(one) >= _LEAST_SECRET and one.encode() in whole:
                raise Withheld(f"{path} was not sent: it holds your client id")
        if PAN.search(whole):
            raise Withheld(f"{path} was not sent: it holds what looks like a PAN")
        if not body:
            return
        document = json.loads(body, parse_float=Decimal)
        if path.partition("?")[0] == UPLOADS:
            self._look_at_file(document)
        else:
            self._look(document, path, "")

    def _look_at_file(self, document: Mapping[str, Any]) -> None:
        """Check a statement cell by cell. Raises Withheld."""
        account = document.get("account", "0" * 16)
        is_named = isinstance(account, str) and _HIDDEN_ID.fullmatch(account) is not None
        if document.keys() - {"account"} != _OF_A_FILE or document["scaled"] is not True:
            raise Withheld("the file was not sent: it is not what a rewritten statement looks like")
        if not is_named:
            raise Withheld("the file was not sent: its account is not hidden")
        header, *rows = csv.reader(io.StringIO(str(document["content"])))
        for name in header:
            if columns.key_of(name) not in _SENT_COLUMNS:
                raise Withheld(f"the file was not sent: its column {name} is not known")
        for row in rows:
            for name, cell in zip(header, row, strict=True):
                if cell and not self._is_hidden(columns.key_of(name), cell):
                    raise Withheld(f"the file was not sent: its column {name} is not scaled")

    def _is_hidden(self, column: str, cell: str) -> bool:
        if column in columns.IDS:
            return _HIDDEN_ID.fullmatch(cell) is not None
        if column not in columns.QUANTITIES | columns.AMOUNTS:
            return True
        try:
            return self._is_scaled(Decimal(cell), _parts(column))
        except InvalidOperation:
            return False

    def _look(self, value: object, path: str, name: str) -> None:
        if isinstance(value, Mapping):
            for inner, one in cast("Mapping[str, Any]", value).items():
                self._look(one, path, inner)
        elif isinstance(value, list):
            for one in cast("list[object]", value):
                self._look(one, path, name)
        elif isinstance(value, str):
            self._look_at_text(value, path, name)
        elif value is not None and not isinstance(value, bool):
            self._look_at_number(Decimal(str(value)), path, name)

    def _look_at_text(self, text: str, path: str, name: str) -> None:
        is_allowed = (
            not text
            or name in _FREE
            or (name in HIDDEN_IDS and _HIDDEN_ID.fullmatch(text) is not None)
            or (name in _WORDS and _DIGIT.search(text) is None)
            or name in ("version", "obfuscation", "brokers")
        )
        if not is_allowed:
            raise Withheld(f"{path} was not sent: its {name} may tell a figure or an id")

    def _look_at_number(self, number: Decimal, path: str, name: str) -> None:
        if name in COUNTS or name in PRICES or number == 0:
            return
        if name == SHARE and 0 < number <= 1:
            return
        if name in QUANTITIES and self._is_scaled(number, 1):
            return
        if name in AMOUNTS and self._is_scaled(number, 100):
            return
        is_weight = self._privacy.mode is Mode.COARSE and name == "quantity"
        if is_weight and 0 < number <= _LONGEST_WEIGHT and path.endswith("sync-holdings"):
            return
        raise Withheld(f"{path} was not sent: its {name} is not scaled")

    def _is_scaled(self, number: Decimal, parts: int) -> bool:
        """Whether it is the factor times a whole number of units, or of parts of them."""
        real = Fraction(number) / Fraction(self._privacy.factor.factor) * parts
        return abs(real - round(real)) <= _NEAR


def _parts(column: str) -> int:
    """Into how many parts a unit of a column's figures is divided."""
    if column in columns.FRACTIONS:
        return 10_000
    return 1 if column in columns.QUANTITIES else 100
