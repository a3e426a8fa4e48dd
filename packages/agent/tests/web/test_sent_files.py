"""The agent is killed between sending a file and its answer; its page says what became of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, environment_of, machine
from packages.agent.tests.web.test_pages import a_file, change, read
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.web.app import build_app

SENDING = """
import json, os, signal, sys
from packages.agent.tests.web.test_guards import csrf
from packages.agent.tests.web.test_pages import a_file, change
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import load
from tradertape_agent.journal.outgoing import Outgoing
from tradertape_agent.web.app import build_app
from tradertape_agent.wiring import build

def die(*_arguments):
    os.kill(os.getpid(), signal.SIGKILL)

where = sys.argv[1]
if where == "before it left":
    begin = Outgoing.begin
    Outgoing.begin = lambda self, *arguments: (begin(self, *arguments), die())
else:
    Outgoing.end = die
folder = Folder.of_environment(os.environ)
client = build_app(build(load(folder), folder)).test_client()
change(client, "POST", "/api/uploads/send", a_file())
"""


@pytest.fixture
def own(tmp_path: Path, cloud: FakeCloud, running: Running) -> Iterator[Machine]:
    with machine(tmp_path, cloud, running) as made:
        made.agent.privacy.hear(is_obfuscated=True)
        assert made.agent.privacy.factor.factor_id
        yield made


def killed(own: Machine, where: str) -> FlaskClient:
    """Kill an agent that sends a file, and start its pages again."""
    environment = {
        **os.environ, **environment_of(own.running), "PYTHONPATH": os.pathsep.join(sys.path),
        "TRADERTAPE_AGENT_CONFIG": str(own.agent.folder.config),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SENDING, where], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    return build_app(own.agent).test_client()


@pytest.mark.parametrize(
    ("where", "arrived"), [("before it left", 0), ("before its answer was kept", 1)]
)
def test_up_04_a_file_whose_answer_was_lost_by_a_kill_counts_once(
    own: Machine, where: str, arrived: int
) -> None:
    client = killed(own, where)
    assert len(own.cloud.posted("from-agent")) == arrived
    [file] = read(client, "/api/uploads/sent")
    assert (file["state"], file["kind"], file["rows"]) == ("interrupted", "tradebook", 1)
    answer = change(client, "POST", f"/api/uploads/sent/{file['number']}/ask")
    assert answer.status_code == 200, answer.text
    assert (answer.json["imported"], answer.json["duplicates"]) == (1 - arrived, arrived)
    states = [one["state"] for one in read(client, "/api/uploads/sent")]
    assert states == ["answered", "settled"]
    # It is asked for once: a second click, or a second tab, changes nothing.
    again = change(client, "POST", f"/api/uploads/sent/{file['number']}/ask")
    assert again.status_code == 404
    assert len(own.cloud.posted("from-agent")) == arrived + 1
    first, *others = own.cloud.posted("from-agent")
    assert all(one == first for one in others)


def test_up_04_while_the_cloud_is_silent_the_file_stays_without_an_answer(own: Machine) -> None:
    client = build_app(own.agent).test_client()
    own.cloud.is_down = True
    assert change(client, "POST", "/api/uploads/send", a_file()).status_code == 503
    [file] = read(client, "/api/uploads/sent")
    assert file["state"] == "interrupted"
    path = f"/api/uploads/sent/{file['number']}/ask"
    assert change(client, "POST", path).status_code == 503
    own.cloud.is_down = False
    states = [one["state"] for one in read(client, "/api/uploads/sent")]
    assert states == ["interrupted", "interrupted"]
    assert change(client, "POST", path).json["imported"] == 1
    states = [one["state"] for one in read(client, "/api/uploads/sent")]
    assert states == ["answered", "settled", "settled"]


def test_up_04_a_file_that_was_answered_is_not_sent_again(own: Machine) -> None:
    client = build_app(own.agent).test_client()
    assert change(client, "POST", "/api/uploads/send", a_file()).json["imported"] == 1
    own.cloud.declines["/api/uploads/from-agent"] = 409
    assert change(client, "POST", "/api/uploads/send", a_file()).status_code == 409
    refused, answered = read(client, "/api/uploads/sent")
    assert (refused["state"], answered["state"]) == ("refused", "answered")
    for one in (refused["number"], answered["number"], 999_999):
        assert change(client, "POST", f"/api/uploads/sent/{one}/ask").status_code == 404
