"""The settings of a client: the server's address, the token, timeouts and retries."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kite_algo_worker.exceptions import InvalidInputError

DEFAULT_BASE = "http://localhost:18777"


@dataclass(frozen=True)
class AlgoWorkerConfig:
    """Settings of a client.

    base_url: the server's address. token: the worker token; it appears in no text of this package.
    timeout: seconds to wait for an answer. api_prefix: path of the worker API under `base_url`.

    max_retries: how often a read, or a write with an idempotency key, is repeated when its
    answer is lost. retry_delay_s: seconds before the first of these; they double up to 5.
    stream_reconnects: how often in a row a lost stream is reopened. stream_idle_s: seconds of
    silence after which a stream counts as lost; the server sends at least a heartbeat every 15.
    enable_live: allow live trading; None reads `KITE_ALGO_ENABLE_LIVE=1` from the environment.

    ```python
    AlgoWorkerConfig(base_url="http://localhost:18777", token="kwa_...")
    ```
    """

    base_url: str
    token: str = field(repr=False)
    timeout: float = 10.0
    api_prefix: str = "/api/algo-workers"
    max_retries: int = 3
    retry_delay_s: float = 0.2
    stream_reconnects: int = 10
    stream_idle_s: float = 60.0
    enable_live: bool | None = None

    def __post_init__(self) -> None:
        """Strip white space, as left by copying, from the address and the token.

        Raises InvalidInputError for a token that no header can hold; its text has no part of it.
        """
        object.__setattr__(self, "base_url", self.base_url.strip())
        object.__setattr__(self, "token", self.token.strip())
        if not all("!" <= sign <= "~" for sign in self.token):
            raise InvalidInputError(
                "the token has a space, a line break or a character that is not ASCII in it: "
                "copy it again from the console"
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> AlgoWorkerConfig:
        """Return the config of the environment.

        `KITE_ALGO_API_BASE` (http://localhost:18777), `KITE_ALGO_WORKER_TOKEN` (required) and
        `KITE_ALGO_TIMEOUT` (10 seconds). environ: instead of `os.environ`. Raises
        InvalidInputError when the token is absent or the timeout is no number above 0.

        ```python
        client = KiteAlgoWorkerClient(AlgoWorkerConfig.from_env())
        ```
        """
        found = os.environ if environ is None else environ
        token = found.get("KITE_ALGO_WORKER_TOKEN", "").strip()
        if not token:
            raise InvalidInputError("set KITE_ALGO_WORKER_TOKEN to a worker token (kwa_…)")
        return cls(
            base_url=found.get("KITE_ALGO_API_BASE", "").strip() or DEFAULT_BASE,
            token=token,
            timeout=_seconds(found.get("KITE_ALGO_TIMEOUT", "").strip() or "10"),
        )

    def checked(self) -> AlgoWorkerConfig:
        """Return it. Raises InvalidInputError when the address or the token is missing."""
        if not self.base_url:
            raise InvalidInputError("base_url is required")
        if not self.token:
            raise InvalidInputError("token is required")
        return self

    def url(self, path: str) -> str:
        """Return the address of a path of the worker API."""
        parts = (self.base_url.rstrip("/"), self.api_prefix.strip("/"), path.lstrip("/"))
        return "/".join(part for part in parts if part)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidInputError(
            f"KITE_ALGO_TIMEOUT must be a number of seconds above 0, was {text!r}"
        )
    return seconds
