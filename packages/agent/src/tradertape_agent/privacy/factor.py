"""The secret factor: made once, kept on this machine alone, and written down as a backup code.

Who loses it can never unscale what the cloud has; who has it and the cloud's figures knows all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from tradertape_agent.config.folder import check_private, write_private
from tradertape_agent.errors import AgentError

_DECIMALS: Final = 8
_UNIT: Final = Decimal(1).scaleb(-_DECIMALS)
_LEAST, _MOST = 0.05, 0.95
# A factor near these would look like a plain discount, or hide nothing.
_ROUND: Final = (0.1, 0.25, 0.5, 1.0)
_TOO_NEAR: Final = 0.02
_DRAWN_FROM: Final = 10**12
_MASTER_BYTES, _ID_BYTES, _CHECK_BYTES, _FACTOR_BYTES = 16, 4, 4, 4
_GROUP: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A factor, the label of what was scaled with it, and the secret that hides ids and seals."""

    factor: Decimal
    factor_id: str
    master: bytes = field(repr=False)

    @property
    def id_key(self) -> bytes:
        """The key that hides ids."""
        return self._derived("ids")

    @property
    def seal_key(self) -> bytes:
        """The key that seals documents."""
        return self._derived("seal")

    def seal_code(self) -> str:
        """Return the seal key as text: letters and digits in groups of five."""
        return _grouped(base64.b32encode(self.seal_key).decode().rstrip("="))

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.master, f"tradertape-agent {purpose}".encode(), "sha256")

    def backup_code(self) -> str:
        """Return it as text to write down: letters and digits in groups of five."""
        number = int(self.factor.scaleb(_DECIMALS))
        body = number.to_bytes(_FACTOR_BYTES, "big") + bytes.fromhex(self.factor_id) + self.master
        return _grouped(base64.b32encode(body + _check_of(body)).decode().rstrip("="))

    @classmethod
    def of_backup_code(cls, code: str) -> Factor:
        """Read a backup code. Raises AgentError for a wrong one."""
        text = "".join(code.split()).replace("-", "").upper()
        try:
            whole = base64.b32decode(text + "=" * (-len(text) % 8))
        except binascii.Error:
            whole = b""
        body, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
        if len(body) != _FACTOR_BYTES + _ID_BYTES + _MASTER_BYTES or check != _check_of(body):
            raise AgentError("this is not a backup code of a factor: check it letter by letter")
        number = int.from_bytes(body[:_FACTOR_BYTES], "big")
        return cls(
            factor=Decimal(number).scaleb(-_DECIMALS),
            factor_id=body[_FACTOR_BYTES : _FACTOR_BYTES + _ID_BYTES].hex(),
            master=body[_FACTOR_BYTES + _ID_BYTES :],
        )


def _grouped(text: str) -> str:
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def new_factor() -> Factor:
    """Return a new one: evenly spread over the orders of magnitude, from the system's secrets."""
    while True:
        drawn = secrets.randbelow(_DRAWN_FROM) / _DRAWN_FROM
        value = math.exp(math.log(_LEAST) + drawn * (math.log(_MOST) - math.log(_LEAST)))
        if all(abs(value - one) > one * _TOO_NEAR for one in _ROUND):
            break
    factor = Decimal(value).quantize(_UNIT)
    return Factor(
        factor=factor,
        factor_id=secrets.token_hex(_ID_BYTES),
        master=secrets.token_bytes(_MASTER_BYTES),
    )


def read_factor(path: Path) -> Factor | None:
    """Read the file; None when there is none. Raises AgentError for one that is damaged."""
    check_private(path)
    try:
        return Factor.of_backup_code(json.loads(path.read_bytes())["code"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise AgentError(
            f"{path} is damaged: restore it with `tradertape-agent factor import`"
        ) from None


def write_factor(path: Path, factor: Factor) -> None:
    """Write the file, mode 600."""
    content = {
        "what": "The secret factor of tradertape-agent. Whoever has it can unscale your figures.",
        "factor": f"{factor.factor:f}",
        "factor_id": factor.factor_id,
        "code": factor.backup_code(),
    }
    write_private(path, (json.dumps(content, indent=2) + "\n").encode())


def _check_of(body: bytes) -> bytes:
    return hashlib.sha256(b"tradertape-agent factor" + body).digest()[:_CHECK_BYTES]
