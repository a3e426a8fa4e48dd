"""numba is asked for, never in the way."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import tradertape_indicators as ta
from tradertape_indicators import accelerate, kernels


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_nothing_imports_numba_unasked():
    code = (
        "import sys, numpy, tradertape_indicators as ta; ta.rsi(numpy.arange(30.0));"
        "print('numba' in sys.modules, ta.numba_in_use())"
    )
    assert run(code) == "False False"


def test_numba_is_used_once_someone_else_has_imported_it():
    code = "import numba, tradertape_indicators as ta; print(ta.numba_in_use())"
    assert run(code) == "True"


def test_asking_for_numba_where_it_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(accelerate.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"tradertape-indicators\[fast\]"):
        ta.use_numba(True)


def test_the_switch_decides(engine):
    assert ta.numba_in_use() == (engine == "numba")
    made = accelerate.over_series(kernels.smooth, [np.ones((3, 1))], 2, 0.5)
    assert (made is not None) == (engine == "numba")


def test_a_read_only_panel_and_a_plain_array_share_one_compiled_kernel():
    values = np.arange(60.0).reshape(30, 2)
    frozen = values.copy()
    frozen.flags.writeable = False
    ta.use_numba(True)
    np.testing.assert_array_equal(ta.ema(frozen, 5), ta.ema(values, 5))
    kernel = accelerate.compiled(kernels.smooth, "mifo")
    ta.use_numba(None)
    assert len(kernel.signatures) == 1


@pytest.mark.parametrize("kernel", [kernels.smooth, kernels.relative_strength])
def test_a_kernel_gives_the_same_as_plain_python_and_compiled(kernel, candles):
    values = np.ascontiguousarray(candles(80, 2, holes=0.05)["close"].T)
    plain, fast = np.empty_like(values), np.empty_like(values)
    kernel(values, 5, 0.2, plain)
    accelerate.compiled(kernel, "mifo")(values, 5, 0.2, fast)
    np.testing.assert_array_equal(plain, fast)
