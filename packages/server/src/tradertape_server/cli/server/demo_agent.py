"""`tradertape demo-agent`: the agent, set up against a running demo and its sandbox."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradertape_server.cli.output import fail

if TYPE_CHECKING:
    import httpx

    from tradertape_server.settings import Settings

app = typer.Typer(add_completion=False)

NAME = "Agent demo"
BROKER = "groww"  # signs in with its key and secret: no page to open
_ENTRY = {
    "type": "compare",
    "left": {"type": "indicator", "name": "close"},
    "op": ">",
    "right": {"type": "literal", "value": 1},
}
_PORTFOLIO = {
    "name": NAME, "universe": "nifty_50", "paper_mode": False, "confirm_live": True,
    "placed_by": "agent", "max_positions": 5,
}  # fmt: skip
_REFUSED = 400


@app.command()
def demo_agent(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the agent's UI.")] = 5679,
    host: Annotated[str, typer.Option(help="Address of the agent's UI.")] = "127.0.0.1",
) -> None:
    """Start the agent against a running demo and its sandbox, with signals to approve.

    Makes an agent key, a sandbox account and a portfolio that the agent executes, and scans it.
    """
    import httpx

    from tradertape_server.cli.opening import read_settings
    from tradertape_server.demo import EMAIL, PASSWORD_FILE

    settings = read_settings()
    password = settings.effective_home / "secrets" / PASSWORD_FILE
    if not password.is_file():
        fail("There is no demo account here: start `tradertape serve --demo` first.")
    with httpx.Client(base_url=settings.effective_public_url, timeout=60) as client:
        given = {"email": EMAIL, "password": password.read_text().strip()}
        _post(client, "/api/auth/password-login", given)
        sandbox = _post(client, "/api/brokers/sandbox", {"broker": BROKER})
        config = _configured(settings, client, sandbox)
        signals = _signals(client)
    typer.echo(
        f"{signals} signals wait for you. Open http://localhost:{port}, then Signals → Approve: "
        "its order rests at the sandbox a moment later. Ctrl-C ends the agent."
    )
    environment = {
        **os.environ, "TRADERTAPE_AGENT_CONFIG": str(config),
        "TRADERTAPE_GROWW_ROOT": f"{sandbox['url']}/groww",
    }  # fmt: skip
    program = Path(sys.executable).with_name("tradertape-agent")
    if not program.exists():
        fail(f"The agent is not installed beside this server: there is no {program}.")
    os.execve(program, [str(program), "run", "--host", host, "--port", str(port)], environment)  # noqa: S606 - no shell


def _configured(settings: Settings, client: httpx.Client, sandbox: dict[str, Any]) -> Path:
    """Write the agent's configuration; its key is kept while the server knows it."""
    from tradertape_server.platform.secrets import private_folder

    path = private_folder(settings.effective_home / "demo-agent") / "agent.json"
    known = json.loads(path.read_text())["api_key"] if path.is_file() else ""
    if not known or not _is_valid(settings, known):
        known = _post(client, "/api/auth/agent-keys", {"label": NAME})["token"]
    document = {
        "cloud_url": settings.effective_public_url, "api_key": known, "primary_broker": BROKER,
        f"{BROKER}_api_key": sandbox["api_key"], f"{BROKER}_api_secret": sandbox["api_secret"],
        "auto_execute": False, "stop_loss_pct": 5, "poll_interval": 5,
    }  # fmt: skip
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(document, file, indent=2)
    return path


def _is_valid(settings: Settings, key: str) -> bool:
    import httpx

    headers = {"Authorization": f"Bearer {key}"}
    url = f"{settings.effective_public_url}/api/auth/me"
    return httpx.get(url, headers=headers, timeout=60).is_success


def _signals(client: httpx.Client) -> int:
    """Scan the demo's portfolio, made where it is missing; how many signals wait."""
    own = [one for one in client.get("/api/model/portfolios").json() if one["name"] == NAME]
    if not own:
        strategy = {"name": NAME, "base_model": "v0_dart_monkey", "entry_rules": _ENTRY}
        made = _post(client, "/api/strategies", strategy)
        own = [_post(client, "/api/model/portfolios/deploy",
                     {**_PORTFOLIO, "strategy_id": made["id"]})]  # fmt: skip
    portfolio = own[0]["id"]
    _post(client, "/api/model/scan", {"portfolio_id": portfolio})
    found = client.get("/api/model/signals", params={"portfolio_id": portfolio}).json()
    return sum(one["status"] == "pending_approval" for one in found)


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    import httpx

    try:
        answer = client.post(path, json=body)
    except httpx.HTTPError as error:
        fail(f"{client.base_url} does not answer ({error}): start `tradertape serve --demo` first.")
    if answer.status_code >= _REFUSED:
        fail(f"{path} answered {answer.status_code}: {answer.text[:300]}")
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found
