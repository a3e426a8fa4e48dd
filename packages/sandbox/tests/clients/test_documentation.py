"""The Python of docs/sandbox.md that is for the brokers' own clients, run as it is written."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("brokers-clients")

ROOT = Path(__file__).parents[4]
PYTHON = ROOT / ".tools/clients/bin/python"
SHOWN = "http://127.0.0.1:18900"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)

# What the page says in words: the token of the login page's button.
BEFORE = {
    "kiteconnect": """
import urllib.parse, urllib.request
page = urllib.request.build_opener(urllib.request.HTTPRedirectHandler).open(
    "http://127.0.0.1:18900/kite/connect/login?api_key=sandbox&v=3&auto=1")
(request_token,) = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)["request_token"]
""",
    "growwapi": "",
}
AFTER = {
    "kiteconnect": "print(kite.profile()['user_id'], ticker.root)",
    "growwapi": "print(groww.get_user_profile()['ucc'], GrowwFeed(groww).subscription_id != '')",
}


def block_of(client: str) -> str:
    """The page's block that imports a client."""
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    (found,) = [code for code in BLOCK.findall(page) if f"from {client} import" in code]
    return found


@pytest.mark.parametrize("client", BEFORE)
def test_the_block_of_a_client_runs_as_it_is_written(client: str, sandbox: str) -> None:
    program = f"{BEFORE[client]}\n{block_of(client)}\n{AFTER[client]}"
    for shown, real in ((SHOWN, sandbox), (SHOWN[len("http") :], sandbox[len("http") :])):
        program = program.replace(shown, real)
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{program}\n{done.stderr}"
    assert done.stdout.splitlines()[-1].startswith("SB0001 ")
