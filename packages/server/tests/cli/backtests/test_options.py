"""The options of a backtest are those of its configuration, on every command that runs one."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import datetime

import pytest
import typer
from typer.testing import CliRunner

from tradertape_core.backtest.config import BacktestConfig, FlatCharges, Sizing
from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.errors import InvalidDocument
from tradertape_server.cli.backtests.commands import app
from tradertape_server.cli.backtests.options import SHARED, read_options

COMMANDS = ("run", "sweep", "search", "walk-forward", "monte-carlo", "look-ahead", "recursive")
DATES = {"start": datetime(2022, 1, 1, tzinfo=IST), "end": datetime(2023, 1, 1, tzinfo=IST)}


def options_of(**given):
    defaults = {name: one.default for name, one in SHARED.items()}
    return read_options({**defaults, "strategy": "v3_dip_buyer", **DATES, **given}, quiet=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_every_option_with_the_same_default(name: str) -> None:
    commands = typer.main.get_command(app).commands
    found = {one.name: one for one in commands[name].params}
    told = {one.name: one.help for one in commands["run"].params}

    assert set(found) >= set(SHARED)
    for option, declared in SHARED.items():
        if declared.default is not declared.empty:
            assert found[option].default == declared.default, option
        else:
            assert found[option].required is (name == "run")
        assert found[option].help == told[option] != ""


def test_the_defaults_are_those_of_a_configuration() -> None:
    config = options_of().config
    for field in fields(BacktestConfig):
        if field.default is not MISSING:
            assert getattr(config, field.name) == field.default, field.name
    assert config.sizing == Sizing()


def test_every_field_of_a_configuration_is_an_option() -> None:
    changed = {
        "universe": "nifty_50",
        "capital": 5e5,
        "position_size_pct": 7.0,
        "max_positions": 4,
        "max_per_sector": 0,
        "slippage_bps": 9.0,
        "participation_pct": 1.0,
        "circuit_limits": False,
        "dividends": False,
        "benchmark": "NIFTY BANK",
        "charges": "bps=3,per_order=20",
        "fill_model": "close",
        "intrabar_order": "t_doc",
        "point_in_time_universe": False,
        "sizing": "risk_pct",
        "risk_per_trade_pct": 2.0,
        "risk_free_pct": 6.0,
        "seed": 3,
    }
    config = options_of(**changed).config
    default = options_of().config
    same = {f.name for f in fields(config) if getattr(config, f.name) == getattr(default, f.name)}
    assert same == {"start_date", "end_date"}
    assert config.charges == FlatCharges(bps=3, per_order=20)
    assert config.sizing == Sizing("risk_pct", 2.0)


def test_every_value_out_of_range_is_named() -> None:
    with pytest.raises(InvalidDocument) as refused:
        options_of(max_positions=0, slippage_bps=-1.0, participation_pct=101.0)
    assert [one.pointer for one in refused.value.problems] == [
        "/max_positions",
        "/slippage_bps",
        "/participation_pct",
    ]


@pytest.mark.parametrize("name", COMMANDS[1:])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--run", "bt_1"], "--user"),
        (["--run", "bt_1", "--user", "a@b.in", "--universe", "nifty_50"], "--universe"),
        (["--run", "bt_1", "--user", "a@b.in", "--strategy", "v4_alpha"], "--strategy"),
        (["--run", "bt_1", "--user", "a@b.in", "--start", "2022-01-01"], "--start"),
        (["--start", "2022-01-01", "--end", "2023-01-01"], "--strategy, or --run"),
        ([], "--strategy, --start, --end, or --run"),
    ],
)
def test_a_study_is_of_a_backtest_or_of_a_saved_run(
    name: str, arguments: list[str], told: str
) -> None:
    param = ["--param", "a=1,2"] if name in {"sweep", "search", "walk-forward"} else []
    done = CliRunner().invoke(app, [name, *arguments, *param], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert told in done.output
