"""Errors by the status and the body of a response."""

from __future__ import annotations

from typing import Any

import pytest

import kite_algo_worker as kaw


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, kaw.BrokerValidationError),
        (401, kaw.AuthError),
        (403, kaw.PermissionDeniedError),
        (404, kaw.KiteAlgoWorkerError),
        (409, kaw.KiteAlgoWorkerError),
        (422, kaw.BrokerValidationError),
        (500, kaw.KiteAlgoWorkerError),
    ],
)
def test_each_status_raises_its_error_class(
    server: Any, client: Any, status: int, kind: type[Exception]
) -> None:
    """KC-07."""
    server.answer_with(
        server.answer({"detail": "why"}, status, X_Error_Code="a_code", X_Request_Id="abc")
    )
    with pytest.raises(kaw.KiteAlgoWorkerError, match="why") as caught:
        client.claim_session("r-1")
    assert type(caught.value) is kind
    assert caught.value.status_code == status
    assert caught.value.response_body == {"detail": "why"}
    assert (caught.value.code, caught.value.request_id) == ("a_code", "abc")


def test_a_list_of_problems_becomes_one_text(server: Any, client: Any) -> None:
    detail = [
        {"pointer": "/order/price", "msg": "is required", "loc": ["body"]},
        {"loc": ["body", "x"], "msg": "wrong"},
    ]
    server.answer_with(server.answer({"detail": detail}, 422))
    with pytest.raises(kaw.BrokerValidationError) as caught:
        client.health()
    assert str(caught.value) == "/order/price: is required; body/x: wrong"
