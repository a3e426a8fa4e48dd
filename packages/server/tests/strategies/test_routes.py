"""ST-01 to ST-09: strategies over HTTP, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

SignIn = Callable[..., TestClient]
NEW = {"name": "My dip buyer", "base_model": "v3_dip_buyer"}


def _create(client: TestClient, **fields: Any) -> dict[str, Any]:
    response = client.post("/api/strategies", json={**NEW, **fields})
    assert response.status_code == 201, response.text
    return response.json()


def test_st_02_a_new_strategy_is_stored_completely_and_described_in_english(
    signed_in: TestClient,
) -> None:
    made = _create(signed_in)

    assert made["version"] == 1
    assert made["is_mine"]
    assert made["entry_rules"]["type"] == "and"
    assert made["stops"]["atr_stop_mult"] == 3
    assert "200-day" in made["english"]["summary"] + str(made["english"]["sections"])
    assert signed_in.get(f"/api/strategies/{made['id']}").json() == made  # ST-03


def test_st_01_the_list_filters_and_pages(signed_in: TestClient) -> None:
    ids = [
        _create(signed_in, name=f"Number {n}", tags=["swing"] if n else [])["id"] for n in range(3)
    ]
    signed_in.post("/api/strategies", json={**NEW, "name": "Asleep", "is_active": False})

    active = signed_in.get(
        "/api/strategies", params={"is_active": True, "is_template": False, "limit": 2}
    )
    tagged = signed_in.get("/api/strategies", params={"tag": "swing", "sort": "name"})
    found = signed_in.get("/api/strategies", params={"q": "number 1"})

    assert len(active.json()) == 2
    assert active.headers["X-Total-Count"] == "3"
    assert 'rel="next"' in active.headers["Link"]
    assert [one["id"] for one in tagged.json()] == ids[1:]
    assert [one["name"] for one in found.json()] == ["Number 1"]
    assert signed_in.get("/api/strategies", params={"limit": 501}).status_code == 422


def test_a_search_knows_every_language(signed_in: TestClient) -> None:
    _create(signed_in, name="École")
    for text in ("école", "ÉCO"):
        found = signed_in.get("/api/strategies", params={"q": text})
        assert [one["name"] for one in found.json()] == ["École"]


def test_the_five_templates_are_readable_by_all_and_changeable_by_none(
    signed_in: TestClient,
) -> None:
    templates = signed_in.get("/api/strategies", params={"is_template": True}).json()

    assert {one["template_key"] for one in templates} == {
        "v0_dart_monkey",
        "v1_momentum",
        "v2_breakout",
        "v3_dip_buyer",
        "v4_alpha",
    }
    for template in templates:
        assert template["owner"] == {"display_name": "TraderTape"}
        refused = signed_in.put(f"/api/strategies/{template['id']}", json=template)
        assert refused.status_code == 403
        assert "fork it" in refused.json()["detail"]
        assert signed_in.delete(f"/api/strategies/{template['id']}").status_code == 403


def test_st_04_put_replaces_the_whole_strategy_and_keeps_the_earlier_version(
    signed_in: TestClient,
) -> None:
    made = _create(signed_in)
    changed = {**made, "name": "My dip buyer v2", "expected_version": 1}

    saved = signed_in.put(f"/api/strategies/{made['id']}", json=changed)

    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 2
    versions = signed_in.get(f"/api/strategies/{made['id']}/versions").json()
    assert [(one["version"], one["name"]) for one in versions] == [
        (2, "My dip buyer v2"),
        (1, "My dip buyer"),
    ]


def test_st_04_put_takes_what_post_takes(signed_in: TestClient) -> None:
    """The example of the API's overview: a name, a base model, some blocks."""
    rule = {"type": "compare", "left": {"type": "indicator", "name": "rsi14"}, "op": "<"}
    body = {**NEW, "entry_rules": {**rule, "right": {"type": "literal", "value": 30}}}
    made = _create(signed_in, **body, tags=["swing"])

    body |= {"name": "My Strategy v2"}
    saved = signed_in.put(f"/api/strategies/{made['id']}", json=body)
    posted = _create(signed_in, **body)

    assert saved.status_code == 200, saved.text
    own = {"id", "version", "created_at", "updated_at"}
    assert {key: value for key, value in saved.json().items() if key not in own} == {
        key: value for key, value in posted.items() if key not in own
    }
    assert saved.json()["tags"] == []  # nothing of the earlier version remains


@pytest.mark.parametrize("missing", ["name", "base_model"])
def test_st_04_put_needs_what_post_needs(signed_in: TestClient, missing: str) -> None:
    made = _create(signed_in)
    body = {key: value for key, value in NEW.items() if key != missing}

    refused = signed_in.put(f"/api/strategies/{made['id']}", json=body)

    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["detail"]] == [f"/{missing}"]


def test_a_save_upon_an_older_version_is_a_conflict(signed_in: TestClient) -> None:
    made = _create(signed_in)
    signed_in.put(f"/api/strategies/{made['id']}", json=made)

    late = signed_in.put(f"/api/strategies/{made['id']}", json={**made, "expected_version": 1})

    assert late.status_code == 409
    assert late.headers["X-Error-Code"] == "version_conflict"
    assert "version 2" in late.json()["detail"]


def test_a_restored_version_becomes_the_next_one(signed_in: TestClient) -> None:
    made = _create(signed_in)
    signed_in.put(f"/api/strategies/{made['id']}", json={**made, "name": "Other"})

    restored = signed_in.post(f"/api/strategies/{made['id']}/versions/1/restore", json={})

    assert restored.json()["version"] == 3
    assert restored.json()["name"] == "My dip buyer"
    missing = signed_in.post(f"/api/strategies/{made['id']}/versions/9/restore")
    assert missing.status_code == 404


def test_st_05_a_deleted_strategy_is_gone_and_its_forks_stay(signed_in: TestClient) -> None:
    made = _create(signed_in)
    fork = signed_in.post(f"/api/strategies/{made['id']}/fork").json()

    assert signed_in.delete(f"/api/strategies/{made['id']}").status_code == 204

    assert signed_in.get(f"/api/strategies/{made['id']}").status_code == 404
    assert signed_in.get(f"/api/strategies/{fork['id']}").status_code == 200
    assert made["id"] not in {one["id"] for one in signed_in.get("/api/strategies").json()}


def test_st_06_a_fork_is_private_and_knows_where_it_comes_from(signed_in: TestClient) -> None:
    template = signed_in.get("/api/strategies", params={"is_template": True}).json()[0]

    forked = signed_in.post(f"/api/strategies/{template['id']}/fork")

    assert forked.status_code == 201
    fork = forked.json()
    assert fork["forked_from"] == {"id": template["id"], "version": template["version"]}
    assert fork["version"] == 1
    assert fork["is_mine"]
    assert not fork["is_public"]
    assert fork["entry_rules"] == template["entry_rules"]


def test_st_07_a_shared_strategy_is_read_by_others_and_changed_by_none(
    sign_in: SignIn,
) -> None:
    owner, other = sign_in("owner@example.com"), sign_in("other@example.com")
    made = _create(owner)
    assert other.get(f"/api/strategies/{made['id']}").status_code == 404

    shared = owner.post(f"/api/strategies/{made['id']}/share")

    assert shared.json()["is_public"]
    seen = other.get(f"/api/strategies/{made['id']}")
    assert seen.status_code == 200
    assert not seen.json()["is_mine"]
    assert "owner@example.com" not in seen.text
    assert other.put(f"/api/strategies/{made['id']}", json=seen.json()).status_code == 403
    assert other.delete(f"/api/strategies/{made['id']}").status_code == 403
    assert other.get(f"/api/strategies/{made['id']}/versions").status_code == 403
    public = other.get("/api/strategies", params={"scope": "public"}).json()
    assert [one["id"] for one in public] == [made["id"]]

    fork = other.post(f"/api/strategies/{made['id']}/fork").json()
    assert not owner.post(f"/api/strategies/{made['id']}/share").json()["is_public"]
    assert other.get(f"/api/strategies/{made['id']}").status_code == 404
    assert other.get(f"/api/strategies/{fork['id']}").status_code == 200


def test_an_exported_strategy_imports_as_itself(signed_in: TestClient) -> None:
    made = _create(signed_in)

    exported = signed_in.get(f"/api/strategies/{made['id']}/export")
    imported = signed_in.post("/api/strategies/import", json=exported.json())

    assert 'filename="my-dip-buyer.json"' in exported.headers["Content-Disposition"]
    assert imported.status_code == 201
    assert imported.json()["entry_rules"] == made["entry_rules"]


def _deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {
        "type": "compare",
        "left": {"type": "indicator", "name": "close"},
        "op": ">",
        "right": {"type": "literal", "value": 1},
    }
    for _ in range(levels):
        node = {"type": "not", "condition": node}
    return node


@pytest.mark.parametrize(
    ("rules", "pointer", "words"),
    [
        (_deep(13), "/entry_rules", "tree too deep"),
        (
            {
                "type": "compare",
                "left": {"type": "indicator", "name": "rsi99"},
                "op": ">",
                "right": {"type": "literal", "value": 1},
            },
            "/entry_rules/left/name",
            "rsi99",
        ),
    ],
)
def test_bad_rules_are_refused_with_their_place(
    signed_in: TestClient, rules: dict[str, Any], pointer: str, words: str
) -> None:
    refused = signed_in.post("/api/strategies", json={**NEW, "entry_rules": rules})
    checked = signed_in.post("/api/strategies/validate", json={**NEW, "entry_rules": rules})

    assert refused.status_code == 422
    problem = refused.json()["detail"][0]
    assert problem["pointer"].startswith(pointer)
    assert words in problem["msg"]
    assert checked.status_code == 200
    assert not checked.json()["valid"]
    assert checked.json()["errors"][0]["pointer"] == problem["pointer"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nan_in_a_tree_is_refused(signed_in: TestClient) -> None:
    body = '{"name": "x", "base_model": "v1_momentum", "filters": {"min_price": NaN}}'

    refused = signed_in.post(
        "/api/strategies", content=body, headers={"Content-Type": "application/json"}
    )

    assert refused.status_code == 422


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_valid_document_is_completed_and_described_in_english(signed_in: TestClient) -> None:
    checked = signed_in.post("/api/strategies/validate", json=NEW).json()

    assert checked["valid"]
    assert checked["document"]["config"]["conviction_base"] == 50
    assert checked["english"]["summary"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_catalogue_lists_every_indicator_for_the_pickers(signed_in: TestClient) -> None:
    catalogue = signed_in.get("/api/strategies/indicators").json()

    names = {one["name"] for one in catalogue["indicators"]}
    assert {"sma", "rsi", "supertrend", "rs_rank"} <= names
    assert "rsi14" in {one["name"] for one in catalogue["short_names"]}
    assert "pnl_pct" in catalogue["position_fields"]


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_an_id_out_of_range_is_refused_on_both_databases(
    signed_in: TestClient, number: int
) -> None:
    for path in ("/api/strategies/{}", "/api/strategies/{}/versions"):
        assert signed_in.get(path.format(number)).status_code == 422
    assert signed_in.get("/api/backtest/runs", params={"strategy_id": number}).status_code == 422
    assert signed_in.delete(f"/api/auth/agent-keys/{number}").status_code == 422
    assert signed_in.get(f"/api/strategies/{2**31 - 1}").status_code == 404
