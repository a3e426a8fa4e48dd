"""The configuration of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kite_algo_worker.models.base import JsonDict, Model
from kite_algo_worker.protection import BackendProtection

ALLOWED_ACTIONS = ("edit_risk", "exit_strategy")
DEFAULT_SCOPE = "kite:paper-a"


@dataclass(frozen=True)
class RunConfig(Model):
    """What `client.run(...)` creates or finds a run with. Every `with_…` returns a new one.

    account_scope: `kite:paper-a` and the like. execution_mode: `dry_run`, `paper` or `live`.
    strategy_run_id: choose it to find the same run after a restart; by default the server
    generates one. summary_fields, risk_schema: what the console shows, and lets a person change.

    ```python
    RunConfig("managed-demo", "kite:paper-a", strategy_run_id="run_managed_001")
    ```
    """

    template_id: str
    account_scope: str
    execution_mode: str = "paper"
    strategy_run_id: str | None = None
    summary_fields: list[JsonDict] = field(default_factory=list[JsonDict])
    risk_schema: list[JsonDict] = field(default_factory=list[JsonDict])
    allowed_actions: list[str] = field(default_factory=lambda: list(ALLOWED_ACTIONS))
    runtime_state: JsonDict = field(default_factory=JsonDict)
    metadata: JsonDict = field(default_factory=JsonDict)
    backend_protection: BackendProtection | None = None

    @classmethod
    def from_env(
        cls, template_id: str, environ: Mapping[str, str] | None = None, **fields: Any
    ) -> RunConfig:
        """Return a config with the account and mode of the environment.

        `KITE_ALGO_ACCOUNT_SCOPE` (`kite:paper-a`) and `KITE_ALGO_EXECUTION_MODE` (`dry_run`).
        environ: instead of `os.environ`. `fields` are the class's own and take precedence.
        """
        found = os.environ if environ is None else environ
        fields.setdefault("account_scope", found.get("KITE_ALGO_ACCOUNT_SCOPE") or DEFAULT_SCOPE)
        fields.setdefault("execution_mode", found.get("KITE_ALGO_EXECUTION_MODE") or "dry_run")
        return cls(template_id=template_id, **fields)

    def _replace(self, **fields: Any) -> RunConfig:
        """Return a copy with other fields, as named tuples do. Raises TypeError for others."""
        return replace(self, **fields)

    def with_summary_field(self, key: str, value: Any, **extra: Any) -> RunConfig:
        """Add a figure to the run's card; `extra` for example `label`, `format`."""
        return replace(
            self, summary_fields=[*self.summary_fields, {"key": key, "value": value, **extra}]
        )

    def with_metadata(self, **kwargs: Any) -> RunConfig:
        """Add metadata, for example `strategy_family`, `allocation_cap` (rupees)."""
        return replace(self, metadata={**self.metadata, **kwargs})

    def with_runtime_state_patch(self, **patch: Any) -> RunConfig:
        """Set members of the initial runtime state."""
        return replace(self, runtime_state={**self.runtime_state, **patch})

    def with_risk_patch(self, **patch: Any) -> RunConfig:
        """Set initial values of risk controls."""
        before: JsonDict = self.runtime_state.get("risk") or {}
        risk = {**before, **patch}
        return self.with_runtime_state_patch(risk=risk)

    def with_allowed_actions(self, *actions: str) -> RunConfig:
        """Allow more actions in the console."""
        known = dict.fromkeys([*self.allowed_actions, *actions])
        return replace(self, allowed_actions=list(known))

    def with_backend_protection(self, protection: BackendProtection) -> RunConfig:
        """Protect the run from its start."""
        return replace(self, backend_protection=protection)

    def to_create_run_payload(self) -> dict[str, Any]:
        """Return the body of the request that creates the run."""
        runtime_state = dict(self.runtime_state)
        if self.backend_protection is not None:
            runtime_state["backend_protection"] = self.backend_protection.to_dict()
        payload: JsonDict = {
            "template_id": self.template_id,
            "account_scope": self.account_scope,
            "execution_mode": self.execution_mode,
            "summary_fields": [dict(one) for one in self.summary_fields],
            "risk_schema": [dict(one) for one in self.risk_schema],
            "allowed_actions": list(self.allowed_actions),
            "runtime_state": runtime_state,
            "metadata": dict(self.metadata),
        }
        if self.strategy_run_id:
            payload["strategy_run_id"] = self.strategy_run_id
        return payload
