"""Build the SDK as it is published, and try it in clean environments.

    .venv/bin/python scripts/smoke_worker_sdk.py [--python 3.9] [--extra indicators] [--tests]

Builds wheel and source of `tradertape-worker` and of `tradertape-indicators`, checks them with
`twine check --strict`, installs the wheel without extras, with [dataframe] and with [indicators]
into an environment of its own each, and uses it there; with `--tests` the tests of both packages
run there too, on what is installed. Exit code 1 with what went wrong.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("tradertape-indicators", "tradertape-worker")
EXTRAS = ("", "dataframe", "indicators")

USE = """
import sys
extra, version = sys.argv[1], sys.argv[2]
import kite_algo_worker as k
from kite_algo_worker import *

assert k.__version__ == version, k.__version__
assert not {"pandas", "numba"} & set(sys.modules), "importing the package imports too much"
assert all(hasattr(k, name) for name in k.__all__)
client = k.KiteAlgoWorkerClient(k.AlgoWorkerConfig(base_url="http://localhost:1", token="kwa_x"))
assert client.options is not None
order = k.OrderBuilder("NSE", "INFY", "BUY", "CNC", 1).market().regular().build()
assert order == k.equity_market_order("INFY", "BUY", 1), order
assert ("candles_to_df" in k.__all__) == bool(extra)
assert k.NUMBA_AVAILABLE == (extra == "indicators")
prices = {"open": 1, "high": 3, "low": 1, "close": 2, "volume": 5}
candle = {"ts": "2024-01-01T09:15:00+05:30", **prices}
if not extra:
    assert k.sma([1, 2, 3], 2) == [None, 1.5, 2.5]
    for call in (lambda: k.ta.macd([1.0]), lambda: k.candles_to_df([candle])):
        try:
            call()
        except ModuleNotFoundError as error:
            assert "pip install" in str(error)
        else:
            raise AssertionError("it should say what to install")
else:
    frame = k.candles_to_df([candle])
    assert k.ta.atr(frame, period=1).tolist() == [2.0]
    engine = k.LiveIndicatorEngine.from_history(frame, [("vwap", {})])
    assert engine.values["vwap"].value == 2.0 and engine.ready
    import numpy as np
    import tradertape_indicators as kernels

    values = np.cumsum(np.sin(np.arange(100_000.0)))
    kernels.use_numba(False)
    plain = k.ta.rsi(values, 14)
    kernels.use_numba(None)
    again = k.ta.rsi(values, 14)
    assert kernels.numba_in_use() == (extra == "indicators")
    assert np.array_equal(plain, again, equal_nan=True)
print("ok")
"""


class Failed(Exception):
    """A step went wrong; the text is what the tool said."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", default=sys.executable, help="version or path of the Python")
    parser.add_argument("--extra", choices=EXTRAS, action="append", help="these alone; '' for none")
    parser.add_argument("--tests", action="store_true", help="run the tests with [indicators]")
    parser.add_argument("--out", type=Path, help="keep what was built in this folder")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        dist = given.out or Path(folder) / "dist"
        try:
            wheel = build(dist)
            for extra in EXTRAS if given.extra is None else given.extra:
                home = Path(folder) / f"venv-{extra}"
                use(wheel, extra, given.python, home)
                if given.tests and extra == "indicators":
                    test(home)
                print(f"{wheel.name}[{extra}] works on Python {given.python}")
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def build(dist: Path) -> Path:
    """Build and check both packages; return the SDK's wheel."""
    for package in PACKAGES:
        run(uv(), "build", "--quiet", "--package", package, "--out-dir", str(dist))
    built = sorted(str(path) for path in dist.iterdir() if path.suffix in (".whl", ".gz"))
    run(sys.executable, "-m", "twine", "check", "--strict", *built)
    return next(dist.glob("tradertape_worker-*.whl"))


def use(wheel: Path, extra: str, python: str, home: Path) -> None:
    """Install the wheel with an extra into a new environment and use it there."""
    run(uv(), "venv", "--quiet", "--no-project", "--python", python, str(home))
    wanted = f"tradertape-worker[{extra}] @ {wheel.resolve().as_uri()}"
    interpreter = str(home / "bin" / "python")
    found = ("--find-links", str(wheel.parent))
    run(uv(), "pip", "install", "--quiet", "--python", interpreter, *found, wanted)
    run(uv(), "pip", "check", "--quiet", "--python", interpreter)
    version = wheel.name.split("-")[1]
    run(interpreter, "-I", "-W", "error", "-c", USE, extra, version, cwd=home)


def test(home: Path) -> None:
    """Run the tests of both packages in an environment."""
    interpreter = str(home / "bin" / "python")
    tools = ("hypothesis", "pytest", "pytest-timeout")
    run(uv(), "pip", "install", "--quiet", "--python", interpreter, *tools)
    # TA-Lib has no wheels for every Python, and releases are made from the checkout.
    left_out = (
        "--ignore=packages/indicators/tests/test_talib.py",
        "--ignore=packages/sdk/tests/test_release.py",
    )
    folders = ("packages/indicators/tests", "packages/sdk/tests")
    run(interpreter, "-m", "pytest", "-q", "-p", "no:cacheprovider", *left_out, *folders)


def uv() -> str:
    return shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")


def run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise Failed(f"{' '.join(command[:4])} … failed:\n{said}")


if __name__ == "__main__":
    sys.exit(main())
