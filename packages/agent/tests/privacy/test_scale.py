"""Scaling is exact, closing trades net to zero, and the verifier sees what was not scaled."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradertape_agent.addresses import UPLOADS
from tradertape_agent.cloud import encoded
from tradertape_agent.errors import AgentError, NotConfigured
from tradertape_agent.journal.store import Store
from tradertape_agent.privacy.documents import holdings_document, positions_document, weights
from tradertape_agent.privacy.factor import Factor, new_factor, read_factor, write_factor
from tradertape_agent.privacy.modes import Mode, Privacy
from tradertape_agent.privacy.scale import Scale
from tradertape_agent.privacy.sealing import opened, sealed
from tradertape_agent.privacy.verifier import Verifier, Withheld
from tradertape_agent.terms import whole_lots
from tradertape_brokers.portfolio import Holding, Margin, Position, PositionKind
from tradertape_core.orders.order import Product

factors = st.integers(5_000_000, 95_000_000).map(lambda number: Decimal(number).scaleb(-8))
quantities = st.integers(1, 10_000_000)
STORED = Decimal("0.00000001")  # what the cloud keeps of a figure


def scale_of(factor: Decimal) -> Scale:
    return Scale(factor=factor, factor_id="abcd1234", id_key=b"k" * 32)


@given(factors, quantities)
def test_ap_03_a_quantity_comes_back_exactly_after_the_cloud_has_stored_it(
    factor: Decimal, quantity: int
) -> None:
    scale = scale_of(factor)
    assert scale.units(scale.to_cloud(quantity).quantize(STORED)) == quantity


@given(factors, st.lists(quantities, min_size=1, max_size=8))
def test_ap_03_trades_that_close_a_position_net_to_zero_in_the_cloud(
    factor: Decimal, bought: list[int]
) -> None:
    scale = scale_of(factor)
    sums = [scale.to_cloud(one).quantize(STORED) for one in bought]
    assert sum(sums) - scale.to_cloud(sum(bought)).quantize(STORED) == 0


@given(factors, st.integers(-(10**12), 10**12))
def test_ap_04_an_amount_comes_back_to_the_paisa(factor: Decimal, paise: int) -> None:
    scale, amount = scale_of(factor), Decimal(paise).scaleb(-2)
    assert scale.amount(scale.to_cloud(amount).quantize(STORED)) == amount


@given(factors, st.decimals("0.001", 1_000_000, places=3), st.sampled_from([1, 15, 75]))
def test_an_order_is_never_larger_than_what_the_cloud_asked_for(
    factor: Decimal, asked: Decimal, lot: int
) -> None:
    units = whole_lots(scale_of(factor).units(asked), lot)
    assert units % lot == 0
    exact = Fraction(asked) / Fraction(factor)
    assert units <= exact * (1 + Fraction(1, 10**6)) + Fraction(1, 10**6)


@given(factors, quantities, quantities, st.decimals("0.05", 100_000, places=2))
def test_ap_03_percentages_do_not_change(
    factor: Decimal, one: int, other: int, price: Decimal
) -> None:
    scale = scale_of(factor)
    scaled = Fraction(scale.to_cloud(one) * price) / Fraction(scale.to_cloud(other) * price)
    assert scaled == Fraction(one, other)


def test_ap_01_a_factor_is_made_once_and_kept_in_a_file_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    privacy = Privacy(tmp_path / "a.key", store, None)
    assert (privacy.mode, (tmp_path / "a.key").exists()) == (Mode.OFF, False)
    privacy.hear(is_obfuscated=True)
    first = privacy.factor
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
    assert Privacy(tmp_path / "a.key", store, None).factor == first
    (tmp_path / "a.key").chmod(0o644)
    with pytest.raises(NotConfigured):
        read_factor(tmp_path / "a.key")


def test_ap_01_factors_have_eight_digits_and_are_far_from_round_ones() -> None:
    made = [new_factor().factor for _ in range(500)]
    assert len(set(made)) == 500
    assert all(Decimal("0.049") < one < Decimal("0.951") for one in made)
    for round_one in ("0.1", "0.25", "0.5"):
        near = Decimal(round_one)
        assert all(abs(one - near) > near * Decimal("0.0199") for one in made)
    assert sum(one < Decimal("0.22") for one in made) > 180  # as many below as above


def test_ap_01_the_backup_code_restores_everything_and_shows_a_slip(tmp_path: Path) -> None:
    made = new_factor()
    code = made.backup_code()
    assert Factor.of_backup_code(f" {code.lower()} ") == made
    at = 7
    slipped = code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :]
    with pytest.raises(AgentError, match="letter by letter"):
        Factor.of_backup_code(slipped)
    write_factor(tmp_path / "f", made)
    assert read_factor(tmp_path / "f") == made
    assert str(made.master) not in repr(made)


def test_ap_05_the_accounts_setting_decides_and_the_users_choice_only_says_how(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "a.db")
    for chosen, mode in (
        (None, Mode.RELATIVE), ("off", Mode.RELATIVE), ("coarse", Mode.COARSE),
        ("sealed", Mode.SEALED), ("seed_literal", Mode.SEED_LITERAL),
    ):  # fmt: skip
        privacy = Privacy(tmp_path / "a.key", store, chosen)
        privacy.hear(is_obfuscated=False)
        assert privacy.mode is Mode.OFF
        assert not privacy.reports(is_scaled=False).is_scaled
        privacy.hear(is_obfuscated=True)
        assert privacy.mode is mode
        assert privacy.reports(is_scaled=False).is_scaled
        assert privacy.shown().scales_prices is (mode is Mode.SEED_LITERAL)


def test_ids_are_hidden_the_same_way_each_time_and_differ_between_users() -> None:
    scale, other = scale_of(Decimal("0.137")), Scale(factor=Decimal("0.137"), id_key=b"x")
    assert scale.identifier("AB1234") == scale.identifier("AB1234")
    assert len(scale.identifier("AB1234")) == 16
    assert scale.identifier("AB1234") != other.identifier("AB1234")


def test_what_is_sealed_is_read_with_the_key_alone() -> None:
    made = new_factor()
    text = sealed({"quantity": 1000}, made.seal_key)
    assert opened(text, made.seal_key) == {"quantity": 1000}
    assert len(text) == len(sealed({"quantity": 1}, made.seal_key))
    with pytest.raises(AgentError, match="another key"):
        opened(text, new_factor().seal_key)


# --- the verifier -----------------------------------------------------------------------------


def verifier(folder: Path, mode: str | None = None) -> tuple[Verifier, Privacy]:
    privacy = Privacy(folder / "a.key", Store(folder / "a.db"), mode)
    privacy.hear(is_obfuscated=True)
    made = Verifier(
        privacy, secrets=lambda: ["topsecret"], tokens=lambda: ["token123"], ids=lambda: ["AB1234"]
    )
    return made, privacy


def test_the_verifier_refuses_every_unscaled_figure(tmp_path: Path) -> None:
    check, privacy = verifier(tmp_path)
    scale = privacy.shown()

    @given(st.sampled_from(["quantity", "filled_quantity", "t1_quantity"]), quantities)
    def quantities_differ(name: str, real: int) -> None:
        check("/p", encoded({name: scale.to_cloud(real)}))
        # A million of units could be a scaled number too, by chance: with 8 digits, it is not.
        assume(Fraction(real) / Fraction(scale.factor) % 1 > Fraction(1, 10**6))
        with pytest.raises(Withheld, match=f"{name} is not scaled"):
            check("/p", encoded({name: real}))

    quantities_differ()
    check("/p", encoded({"value": scale.to_cloud(Decimal("15000.25"))}))
    with pytest.raises(Withheld, match="value is not scaled"):
        check("/p", encoded({"holdings": [{"value": Decimal("15000.25")}]}))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"note": "for AB1234"}, "client id"),
        ({"client": "x"}, "client may tell"),
        ({"message": "bought 1000 shares"}, "message may tell"),
        ({"order_id": "240101000123"}, "order_id may tell"),
        ({"turnover": 5}, "turnover is not scaled"),
        ({"reason": "ABCDE1234F"}, "PAN"),
        ({"symbol": "topsecret"}, "secret of a broker"),
        ({"symbol": "token123"}, "secret of a broker"),
    ],
)
def test_the_verifier_refuses_ids_words_and_names_it_does_not_know(
    tmp_path: Path, body: dict[str, object], words: str
) -> None:
    check, _ = verifier(tmp_path)
    with pytest.raises(Withheld, match=words):
        check("/p", encoded(body))


def test_a_session_leaves_only_while_nothing_is_hidden(tmp_path: Path) -> None:
    check, privacy = verifier(tmp_path)
    body = encoded({"access_token": "token123", "broker": "kite"})
    with pytest.raises(Withheld, match="obfuscation is on"):
        check("/api/agent/access-token", body)
    privacy.hear(is_obfuscated=False)
    check("/api/agent/access-token", body)
    check("/p", encoded({"quantity": 1000}))
    for elsewhere in ("token123", "topsecret"):
        with pytest.raises(Withheld, match="secret"):
            check("/p", encoded({"note": elsewhere}))


HOLDINGS = [
    Holding(
        broker="kite", exchange="NSE", tradingsymbol=name, isin="", product=Product.CNC,
        quantity=quantity, average_price=Decimal(price), last_price=Decimal(price) + 1,
        close_price=Decimal(price),
    )
    for name, quantity, price in (("INFY", 1000, "1500.35"), ("ITC", 333, "411.1"))
]  # fmt: skip
MARGINS = [
    Margin(
        broker="kite", segment="equity", available_cash=Decimal("12345.67"),
        available_margin=Decimal("12345.67"), used_margin=Decimal(0), collateral=Decimal(0),
        opening_balance=Decimal(0), net=Decimal("12345.67"),
    )
]  # fmt: skip


@pytest.mark.parametrize("mode", ["relative", "coarse", "sealed", "seed_literal"])
def test_ap_02_what_is_made_in_each_mode_passes_the_verifier_and_tells_no_figure(
    tmp_path: Path, mode: str
) -> None:
    check, privacy = verifier(tmp_path, mode)
    future = Position(
        broker="kite", kind=PositionKind.NET, exchange="NFO", tradingsymbol="NIFTYFUT",
        product=Product.NRML, quantity=75, average_price=Decimal(1), last_price=Decimal(1),
    )  # fmt: skip
    body = encoded({**holdings_document(HOLDINGS, MARGINS, privacy), "broker": "kite"})
    check("/api/agent/sync-holdings", body)
    figures = {Decimal(one.decode()) for one in re.findall(rb"\d+(?:\.\d+)?", body)}
    real = {one.quantity for one in HOLDINGS} | {one.value for one in HOLDINGS}
    assert figures.isdisjoint(real | {one.invested for one in HOLDINGS} | {Decimal("12345.67")})
    assert (Decimal("1500.35") in figures) is (mode == "relative")
    assert json.loads(body)["scaled"] is True
    positions = positions_document([future], privacy)
    assert positions["positions"] == []
    check("/api/agent/sync-positions", encoded({**positions, "broker": "kite"}))
    if mode == "sealed":  # real, and with the derivatives: nobody but its owner can read it
        found = opened(json.loads(body)["sealed"], privacy.factor.seal_key)
        assert [one["quantity"] for one in found["holdings"]] == ["1000", "333"]
        assert found["margins"]["net"] == "12345.67"
        [hidden] = opened(positions["sealed"], privacy.factor.seal_key)["positions"]
        assert (hidden["symbol"], hidden["quantity"]) == ("NIFTYFUT", "75")


def test_letters_of_a_sealed_document_are_not_taken_for_an_id(tmp_path: Path) -> None:
    check, _ = verifier(tmp_path, "sealed")
    body = {"broker": "kite", "scaled": True, "factor_id": "f", "holdings": []}
    check("/api/agent/sync-holdings", encoded({**body, "sealed": "a/ABCDE1234F/a="}))
    with pytest.raises(Withheld):
        check("/api/agent/sync-holdings", encoded({**body, "sealed": "ABCDE1234F."}))


def test_ap_02_a_thousand_shares_are_a_hundred_and_thirty_seven() -> None:
    assert scale_of(Decimal("0.137")).to_cloud(1000) == 137


def test_coarse_weights_do_not_show_one_share_more() -> None:
    more = [*HOLDINGS[:1], Holding(**{**_members(HOLDINGS[1]), "quantity": 334})]
    assert weights(HOLDINGS) == weights(more)
    assert sum(row["quantity"] for row in weights(HOLDINGS)) == pytest.approx(100, abs=1)


def _members(holding: Holding) -> dict[str, object]:
    return {name: getattr(holding, name) for name in holding.__dataclass_fields__}


def test_the_verifier_lets_a_files_account_leave_as_a_hash_alone(tmp_path: Path) -> None:
    check, _ = verifier(tmp_path)
    body = {"kind": "tradebook", "name": "a.csv", "content": "Symbol\nINFY\n", "scaled": True,
            "factor_id": "f"}  # fmt: skip
    check(UPLOADS, encoded(body))
    check(UPLOADS, encoded({**body, "account": "0123456789abcdef"}))
    for account in ("CD5678", "0123456789ABCDEF", "", None, 12345678):
        with pytest.raises(Withheld, match="account is not hidden"):
            check(UPLOADS, encoded({**body, "account": account}))
    with pytest.raises(Withheld, match="not what a rewritten statement"):
        check(UPLOADS, encoded({**body, "client": "0123456789abcdef"}))
