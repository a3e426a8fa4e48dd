"""Who is driven, and the names of what was called."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import kite_algo_worker as kaw

URL, TOKEN = os.environ["URL"], os.environ["KITE_ALGO_WORKER_TOKEN"]
CONFIG = kaw.AlgoWorkerConfig(base_url=URL, token=TOKEN, timeout=30.0)
# Runs are made once: other ids at every drive, so that one server takes many.
A, B, C = (f"conf-{os.urandom(3).hex()}-{letter}" for letter in "abc")
called: set[str] = set()


class Recorded:
    """Passes calls on and remembers their names."""

    def __init__(self, target: Any, name: str) -> None:
        self._target, self._name = target, name

    def __getattr__(self, name: str) -> Any:
        called.add(f"{self._name}.{name}")
        return getattr(self._target, name)


@dataclass(frozen=True)
class Drive:
    """The client, and how it takes what it does not know.

    keeps_unknown: its models keep fields they do not name, as ours do; the published ones raise.
    """

    plain: Any
    keeps_unknown: bool

    @property
    def client(self) -> Any:
        return Recorded(self.plain, "Client")

    @property
    def options(self) -> Any:
        return Recorded(self.plain.options, "Options")

    @property
    def functions(self) -> Any:
        """The functions beside the classes."""
        return Recorded(kaw, "Function")

    def refused(self, call: Any, *given: Any, **named: Any) -> bool:
        """Whether a call meets the published models' strictness; ours must not."""
        try:
            call(*given, **named)
        except TypeError:
            assert not self.keeps_unknown, "a model that keeps what it does not know raised"
            return True
        assert self.keeps_unknown, "the published models took what they are known to refuse"
        return False


def run_config(run_id: str) -> Any:
    return kaw.RunConfig(
        strategy_run_id=run_id,
        template_id="conformance",
        account_scope="kite:paper-a",
        execution_mode="paper",
    )


def is_strict_server(client: Any) -> bool:
    """Whether the server trims its bodies to the published models (TRADERTAPE_WORKER_COMPAT)."""
    return "segments" in client.get_funds()
