"""The config of a run."""

from __future__ import annotations

import pytest

import kite_algo_worker as kaw


def test_a_config_can_be_copied_with_other_fields() -> None:
    config = kaw.RunConfig("t", "kite:paper-a")
    assert config._replace(strategy_run_id="r-2").strategy_run_id == "r-2"
    with pytest.raises(TypeError, match="unknown"):
        config._replace(unknown=1)
