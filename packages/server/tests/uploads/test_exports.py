"""Names of files as they are shown, and rows as they are exported."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from tradertape_server.features.uploads.multipart import shown_name
from tradertape_server.features.uploads.views import errors_csv, safe_cell


@given(st.text(max_size=300))
def test_up_01_every_name_is_shown_without_what_hides(name: str) -> None:
    shown = shown_name(name)
    assert 0 < len(shown) <= 120
    assert not any(ord(sign) < 32 or sign in "/\\\u202e\u2066\x7f" for sign in shown)


@given(st.text(alphabet=string.printable, max_size=20))
def test_up_01_no_exported_cell_is_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe_cell(text).removeprefix("'").endswith(text.removeprefix("'"))


def test_up_01_exported_errors_hold_no_formula() -> None:
    out = errors_csv({"errors": [[3, "=cmd|' /C calc'!A0", "+1"], [4, "@x", "\t-2"]]})
    assert "3,'=cmd|' /C calc'!A0,'+1" in out.replace('"', "")
    assert "4,'@x,'\t-2" in out.replace('"', "")
