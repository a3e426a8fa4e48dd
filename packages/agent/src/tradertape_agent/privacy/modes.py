"""Which privacy applies: an account's setting in the cloud, and the user's choice of how."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from tradertape_agent.journal.store import Store
from tradertape_agent.privacy.factor import Factor, new_factor, read_factor, write_factor
from tradertape_agent.privacy.scale import PLAIN, Scale
from tradertape_core.kernel.python310 import StrEnum

logger = logging.getLogger("tradertape_agent")
_ACCOUNT: Final = "obfuscation"


class Mode(StrEnum):
    """What the cloud sees of quantities and amounts.

    relative: scaled by the factor. coarse: holdings as rounded percentages alone. sealed: holdings
    encrypted. seed_literal: prices scaled too, which tells the factor to who knows the prices.
    """

    OFF = "off"
    RELATIVE = "relative"
    COARSE = "coarse"
    SEALED = "sealed"
    SEED_LITERAL = "seed_literal"


class Privacy:
    """The privacy of one agent. Never less than what the account asks for."""

    def __init__(self, path: Path, store: Store, chosen: str | None) -> None:
        self._path = path
        self._store = store
        self._chosen = None if chosen is None else Mode(chosen)
        self._factor: Factor | None = read_factor(path)

    @property
    def mode(self) -> Mode:
        """What applies now."""
        if not self._store.meta(_ACCOUNT):
            return Mode.OFF
        return Mode.RELATIVE if self._chosen in (None, Mode.OFF) else self._chosen

    @property
    def factor(self) -> Factor:
        """The factor; made when it is needed first."""
        if self._factor is None:
            self._factor = read_factor(self._path) or self._made()
        return self._factor

    @property
    def factor_id(self) -> str | None:
        """The label of the factor; None where none was made yet."""
        return None if self._factor is None else self._factor.factor_id

    def _made(self) -> Factor:
        made = new_factor()
        write_factor(self._path, made)
        logger.warning(
            "a secret factor was made (%s). Write down its backup code, now: "
            "`tradertape-agent factor export`. Without it the figures in the cloud can never be "
            "unscaled again",
            self._path,
        )
        return made

    def hear(self, *, is_obfuscated: bool) -> None:
        """Take over the account's setting as the cloud tells it."""
        if bool(self._store.meta(_ACCOUNT)) != is_obfuscated:
            self._store.set_meta(_ACCOUNT, "on" if is_obfuscated else "")
            logger.warning("obfuscation is %s in the account", "on" if is_obfuscated else "off")

    def orders(self, *, is_scaled: bool) -> Scale:
        """Of a signal's quantity."""
        return self._scale() if is_scaled else PLAIN

    def reports(self, *, is_scaled: bool) -> Scale:
        """Of what is reported: scaled if its signal was, or if the account is now."""
        return self._scale() if is_scaled or self.mode is not Mode.OFF else PLAIN

    def shown(self) -> Scale:
        """Of the cloud's figures of this account."""
        return self.reports(is_scaled=False)

    def _scale(self) -> Scale:
        factor = self.factor
        return Scale(
            factor=factor.factor,
            factor_id=factor.factor_id,
            id_key=factor.id_key,
            scales_prices=self.mode is Mode.SEED_LITERAL,
        )
