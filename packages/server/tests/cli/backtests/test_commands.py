"""`tradertape backtest` as a shell sees it: each command is a process of its own."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = ["--strategy", "v3_dip_buyer", "--start", "2022-01-01", "--end", "2024-01-01"]
EMAIL = "person@example.com"
COMMAND = [sys.executable, "-m", "tradertape_server"]


@pytest.fixture
def home(simulated_home: Path, tmp_path: Path) -> Path:
    """A home with the simulated world and nothing else."""
    import shutil

    shutil.copytree(simulated_home / "market", tmp_path / "home" / "market", copy_function=os.link)
    return tmp_path / "home"


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "TRADERTAPE_HOME": str(home), "TRADERTAPE_WORKERS": "1"}


def _call(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "backtest", *arguments],
        env=_environment(home),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_run_prints_its_report(home: Path) -> None:
    done = _call(home, "run", *RUN, "--universe", "nifty_50")

    assert (done.returncode, done.stderr) == (0, "")
    assert "SIMULATED PRICES" in done.stdout
    assert "CAGR" in done.stdout
    assert "nifty_50 · 2022-01-03 to 2024-01-01" in done.stdout


def test_a_run_as_json_is_the_whole_report_and_files_are_written(
    home: Path, tmp_path: Path
) -> None:
    page, table = tmp_path / "sheet.html", tmp_path / "trades.csv"
    done = _call(
        home, "run", *RUN, "--json", "--html", str(page), "--trades-csv", str(table)
    )  # fmt: skip

    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["summary"]["total_trades"] == len(report["trades"]) > 50
    assert (report["run_id"], report["data_set"]) == (None, "simulated")
    assert report["config"]["universe"] == "nifty_100"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(report["trades"]) + len(report["open_positions"])
    assert "<html" in page.read_text(encoding="utf-8")


def test_both_engines_and_a_file_give_the_same_trades(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text('{"name": "Own", "base_model": "v3_dip_buyer"}')

    one = _call(home, "run", *RUN, "--json", "--engine", "python")
    two = _call(home, "run", "--strategy", str(own), *RUN[2:], "--json")

    assert json.loads(one.stdout)["trades"] == json.loads(two.stdout)["trades"]


LEFT_OUT = ("fastapi", "sqlalchemy", "pandas", "pyarrow", "numba", "exchange_calendars")


def test_an_unsaved_run_loads_nothing_slow_and_stays_small(home: Path) -> None:
    script = f"""
import sys
sys.argv = ["tradertape", "backtest", "run", *{RUN!r}]
from tradertape_server.cli.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended
print([name for name in {LEFT_OUT!r} if name in sys.modules], file=sys.stderr)
# Not getrusage: a new program starts with the peak of the one that started it.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=_environment(home), capture_output=True, text=True
    )

    loaded, peak_mb = done.stderr.splitlines()
    assert loaded == "[]"
    assert int(peak_mb) < 250


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", *RUN[2:], "--strategy", "nonsense"], 1, "v3_dip_buyer"),
        (["run", *RUN, "--universe", "nifty_9000"], 1, "nifty_100"),
        (["run", *RUN, "--data-set", "moon"], 1, "moon"),
        (["run", *RUN, "--max-positions", "0"], 1, "max_positions"),
        (["run", *RUN, "--charges", "free_lunch"], 1, "free_lunch"),
        (["run", *RUN, "--charges", "bps=many"], 2, "not a number"),
        (["run", *RUN, "--fill-model", "tomorrow"], 2, "next_open"),
        (["run", *RUN, "--save"], 2, "--user"),
        (["run", *RUN[:4]], 2, "--end"),
        (["sweep", *RUN, "--param", "dip"], 2, "NAME=4,5,6"),
        (["sweep", *RUN, "--param", "nonsense=1,2"], 1, "declares no parameter"),
        (["sweep", *RUN, "--param", "/stops/target_pct=5", "--metric", "luck"], 2, "sharpe"),
        (["list", "--user", "nobody@example.com"], 1, "no account"),
    ],
)
def test_an_error_is_one_line(home: Path, arguments: list[str], code: int, words: str) -> None:
    done = _call(home, *arguments)

    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_every_problem_of_a_strategy_is_a_line(home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(
        '{"name": "Own", "base_model": "v3_dip_buyer", "surprise": 1,'
        ' "stops": {"target_pct": -5, "stop_loss_pct": 400}}'
    )
    for command, more in (("run", []), ("monte-carlo", []), ("sweep", ["--param", "a=1,2"])):
        done = _call(home, command, "--strategy", str(own), *RUN[2:], *more)

        assert done.returncode == 1
        lines = [line.split(":")[0] for line in done.stderr.splitlines()]
        assert sorted(lines) == ["/stops/stop_loss_pct", "/stops/target_pct", "/surprise"], command


def test_a_sweep_prints_its_best_rows(home: Path) -> None:
    ranges = ["--param", "/stops/target_pct=6:10:2", "--param", "/stops/atr_stop_mult=2,3"]

    text = _call(home, "sweep", *RUN, "--universe", "nifty_50", *ranges, "--top", "3")
    found = json.loads(_call(home, "sweep", *RUN, *ranges, "--json").stdout)

    assert text.returncode == 0, text.stderr
    assert len(text.stdout.splitlines()) == 1 + 3 + 2
    assert "6 of 6 combinations, by sharpe" in text.stdout
    assert len(found["ranked"]) == found["total"] == 6
    assert found["best"]["parameters"] == found["ranked"][0]["parameters"]


def test_an_interrupted_sweep_prints_its_rows_so_far(home: Path) -> None:
    long = ["--param", "/stops/target_pct=1:20:0.1", "--param", "/stops/atr_stop_mult=1:3:0.05"]
    process = subprocess.Popen(
        [*COMMAND, "backtest", "sweep", *RUN, *long, "--json"],
        env=_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.communicate(timeout=8)
        pytest.fail("the sweep was over too soon")
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()

    assert process.returncode == 1, err
    assert err.startswith("Stopped after ")
    found = json.loads(out)
    assert 0 < found["runs"] < found["total"]


def test_a_saved_run_is_listed_and_shown(home: Path) -> None:
    subprocess.run(
        [*COMMAND, "user", "create", EMAIL, "--password-stdin"],
        env=_environment(home),
        input="correct horse battery staple",
        text=True,
        check=True,
        capture_output=True,
    )

    saved = json.loads(
        _call(home, "run", *RUN, "--save", "--user", EMAIL, "--name", "Kept", "--json").stdout
    )
    listed = json.loads(_call(home, "list", "--user", EMAIL, "--json").stdout)
    shown = json.loads(_call(home, "show", saved["run_id"], "--user", EMAIL, "--json").stdout)
    table = _call(home, "list", "--user", EMAIL)

    assert [run["run_id"] for run in listed] == [saved["run_id"]]
    assert shown["trades"] == saved["trades"]
    assert (shown["name"], shown["hash"]) == ("Kept", saved["hash"])
    assert saved["run_id"] in table.stdout
    missing = _call(home, "show", "bt_none", "--user", EMAIL)
    assert (missing.returncode, "not found" in missing.stderr) == (1, True)


def test_a_saved_run_is_studied_by_its_id(home: Path) -> None:
    subprocess.run(
        [*COMMAND, "user", "create", EMAIL, "--password-stdin"],
        env=_environment(home),
        input="correct horse battery staple",
        text=True,
        check=True,
        capture_output=True,
    )
    own = ["--universe", "nifty_50", "--seed", "3"]
    saved = json.loads(_call(home, "run", *RUN, *own, "--save", "--user", EMAIL, "--json").stdout)

    of_run = ["--run", saved["run_id"], "--user", EMAIL, "--seed", "3"]
    done = _call(home, "monte-carlo", *of_run, "--runs", "200", "--json")
    anew = _call(home, "monte-carlo", *RUN, *own, "--runs", "200", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(anew.stdout)
