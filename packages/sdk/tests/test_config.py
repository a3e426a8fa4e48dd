"""A client's address, token and timeout."""

from __future__ import annotations

import pytest

import kite_algo_worker as kaw


@pytest.mark.parametrize(("url", "token"), [("", "t"), ("http://x", "")])
def test_a_client_needs_an_address_and_a_token(url: str, token: str) -> None:
    """KC-01."""
    for kind in (kaw.KiteAlgoWorkerClient, kaw.AsyncKiteAlgoWorkerClient):
        with pytest.raises(ValueError, match="is required"):
            kind(kaw.AlgoWorkerConfig(url, token))


def test_a_config_is_read_from_the_environment() -> None:
    """KC-01, KC-02."""
    found = kaw.AlgoWorkerConfig.from_env({"KITE_ALGO_WORKER_TOKEN": "kwa_x"})
    assert (found.base_url, found.token, found.timeout) == ("http://localhost:18777", "kwa_x", 10.0)
    found = kaw.AlgoWorkerConfig.from_env(
        {
            "KITE_ALGO_API_BASE": "https://h",
            "KITE_ALGO_WORKER_TOKEN": "t",
            "KITE_ALGO_TIMEOUT": "2.5",
        }
    )
    assert (found.base_url, found.timeout) == ("https://h", 2.5)
    with pytest.raises(ValueError, match="KITE_ALGO_WORKER_TOKEN"):
        kaw.AlgoWorkerConfig.from_env({})
    for wrong in ("soon", "0", "inf"):
        with pytest.raises(ValueError, match="KITE_ALGO_TIMEOUT"):
            kaw.AlgoWorkerConfig.from_env(
                {"KITE_ALGO_WORKER_TOKEN": "t", "KITE_ALGO_TIMEOUT": wrong}
            )


@pytest.mark.parametrize("around", ["\n", " ", "\r\n", "\t"])
def test_white_space_around_a_token_is_stripped(around: str) -> None:
    config = kaw.AlgoWorkerConfig("http://localhost:1 ", f"{around}kwa_secret{around}")
    assert (config.token, config.base_url) == ("kwa_secret", "http://localhost:1")


@pytest.mark.parametrize("token", ["kwa_sec\nret", "kwa_sec ret", "kwa_sécret", "kwa_\x00secret"])
def test_no_token_is_in_an_error(token: str) -> None:
    """A token that no header can hold is refused before it gets near one."""
    with pytest.raises(kaw.KiteAlgoWorkerError, match="copy it again") as caught:
        kaw.AlgoWorkerConfig("http://localhost:1", token)
    assert "kwa_" not in repr(caught.value)
    assert isinstance(caught.value, ValueError)
