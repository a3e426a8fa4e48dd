"""What tests ask of sockets."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect


def drained(socket: Any) -> None:
    while True:
        socket.receive_json()


def closing(socket: Any) -> int:
    """The code a socket is closed with, whatever it says before."""
    with pytest.raises(WebSocketDisconnect) as closed:
        drained(socket)
    return closed.value.code
