"""`configure`, `reset`, `version`: the configuration file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from tradertape_agent import __version__
from tradertape_agent.cli.root import app, folder
from tradertape_agent.config.document import (
    BROKERS,
    DEFAULTS,
    Document,
    read_document,
    write_document,
)
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import KEY_PREFIX, cloud_url, poll_interval, stop_loss
from tradertape_agent.errors import NotConfigured

_SEPARATOR = ": "


@app.command(short_help="Interactive setup wizard")
@click.option(
    "--broker", type=click.Choice(BROKERS), help="Only set the key and secret of this broker."
)
@click.option("--insecure", is_flag=True, help="Allow a cloud address without encryption.")
def configure(broker: str | None, insecure: bool) -> None:
    """Ask for the settings and write them to the configuration file (mode 600).

    Run it again at any time: the values in use are offered as defaults.
    """
    path = folder().config
    document = read_document(path) or {}
    if broker is None:
        _ask_all(document, is_insecure=insecure)
    else:
        _ask_credentials(document, broker)
    write_document(path, document)
    click.echo(f"Saved to {path}")


def _ask_all(document: Document, *, is_insecure: bool) -> None:
    """The questions of the documentation, in its order."""
    known = {**DEFAULTS, **document}
    document["cloud_url"] = _ask(
        "Cloud URL", known["cloud_url"], lambda text: cloud_url(text, is_insecure=is_insecure)
    )
    document["api_key"] = _ask_secret("Agent API key (zt_...)", known["api_key"], _agent_key)
    document["primary_broker"] = _ask(
        "Primary broker (kite/upstox/groww)", known["primary_broker"], _broker
    )
    _ask_credentials(document, document["primary_broker"])
    document["auto_execute"] = _ask_yes("Auto-execute signals (y/N)", known["auto_execute"])
    document["stop_loss_pct"] = _ask("Stop loss percent", known["stop_loss_pct"], _percent)
    document["poll_interval"] = _ask("Poll interval seconds", known["poll_interval"], poll_interval)


def _ask_credentials(document: Document, broker: str) -> None:
    title = broker.capitalize()
    for key, words in (("api_key", "API key"), ("api_secret", "API secret")):
        name = f"{broker}_{key}"
        document[name] = _ask_secret(f"{title} {words}", document.get(name) or "", _anything)


def _ask(question: str, default: Any, read: Callable[[str], Any]) -> Any:
    return click.prompt(
        question, default=str(default), value_proc=_reader(read), prompt_suffix=_SEPARATOR
    )


def _ask_secret(question: str, known: str, read: Callable[[str], str]) -> str:
    """What is stored is kept when nothing is entered, and is never shown."""
    answer = click.prompt(
        question,
        default=known or None,
        show_default="unchanged" if known else False,
        # Read from the terminal alone, not past a pipe.
        hide_input=bool(known) and sys.stdin.isatty(),
        value_proc=_reader(read),
        prompt_suffix=_SEPARATOR,
    )
    return str(answer)


def _ask_yes(question: str, known: object) -> bool:
    answer = click.prompt(
        question, default="y" if known else "n", show_default=False, value_proc=_reader(_yes),
        prompt_suffix=_SEPARATOR,
    )  # fmt: skip
    return bool(answer)


def _reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A wrong answer is explained and asked for again."""

    def one(text: str) -> Any:
        try:
            return read(text)
        except NotConfigured as error:
            raise click.UsageError(str(error)) from None

    return one


def _agent_key(text: str) -> str:
    key = text.strip()
    if key.startswith("keyring:") or (key.startswith(KEY_PREFIX) and len(key) > len(KEY_PREFIX)):
        return key
    raise NotConfigured("the key begins with zt_: copy it from Settings → Trading Agent")


def _broker(text: str) -> str:
    name = text.strip().lower()
    if name not in BROKERS:
        raise NotConfigured(f"choose one of {', '.join(BROKERS)}")
    return name


def _anything(text: str) -> str:
    return text.strip()


def _percent(text: str) -> int | float:
    percent = stop_loss(text)
    return int(percent) if percent == int(percent) else float(percent)


def _yes(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("y", "yes", "n", "no"):
        raise NotConfigured("answer y or n")
    return word.startswith("y")


@app.command(short_help="Wipe local config and start over")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--factor", is_flag=True, help="Delete the secret factor too.")
def reset(yes: bool, factor: bool) -> None:
    """Delete the configuration and the broker sessions.

    The journal of orders stays, and so does the secret factor unless you ask for it: without the
    factor nothing that was uploaded scaled can ever be read again.
    """
    files = folder()
    if not files.config.exists() and not files.factor.exists():
        click.echo(f"There is no configuration at {files.config}")
        return
    if not yes:
        click.confirm(f"Delete {files.config}?", abort=True)
    files.config.unlink(missing_ok=True)
    files.sessions.unlink(missing_ok=True)
    click.echo(f"Deleted {files.config}. Run `tradertape-agent configure` to start over.")
    _reset_factor(files, is_wanted=factor, is_asked=not yes)


def _reset_factor(files: Folder, *, is_wanted: bool, is_asked: bool) -> None:
    if not files.factor.exists():
        return
    if not is_wanted and is_asked:
        is_wanted = click.confirm(
            "Delete the secret factor too? Figures in the cloud could never be unscaled again",
            default=False,
        )
    if is_wanted:
        files.factor.unlink()
        click.echo(f"Deleted {files.factor}")
    else:
        click.echo(f"Kept the secret factor {files.factor}")


@app.command(short_help="Print the version")
def version() -> None:
    """Print the version of this agent."""
    click.echo(__version__)
