"""JSON bodies that say two things, or what no table can hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_server.platform.http.strict_json import MAX_LEVELS, fault_of


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b"null", b'{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}', b'{"a": "\\\\u0000"}',
        b"[" * MAX_LEVELS + b"]" * MAX_LEVELS,
        b'{"a": [18446744073709551615, 1e300, -1e19]}', '{"a": "₹ \\u2028"}'.encode(),
    ],
)  # fmt: skip
def test_sound_documents_pass(body: bytes) -> None:
    json.loads(body)
    assert fault_of(body) is None


@pytest.mark.parametrize(
    ("body", "where", "words"),
    [
        (b'{"quantity": 1, "quantity": 2}', ["body", "quantity"], "is repeated"),
        (b'{"o": [{"a": 1, "b": 2, "a": 1}]}', ["body", "a"], "is repeated"),
        (b'{"a": ["x", "y\\u0000"]}', ["body", "a", 1], "NUL"),
        (b'{"o": {"a\\u0000": 1}}', ["body", "o"], "NUL"),
        (b'{"a": [0, 18446744073709551616]}', ["body", "a", 1], "64 bits"),
        (b'{"a": -9223372036854775809}', ["body", "a"], "64 bits"),
        (b'{"a": NaN}', ["body", "a"], "NaN and Infinity are not JSON"),
        (b'{"a": {"b": [1, Infinity]}}', ["body", "a", "b", 1], "NaN and Infinity are not JSON"),
        (b'{"a": NaN, "b": }', ["body", 6], "NaN and Infinity are not JSON"),
        (b'{"a": -Infinity}', ["body", "a"], "NaN and Infinity are not JSON"),
        (b'{"a": 1e400}', ["body", 6], "infinity"),
        (b"[" * 70 + b"1" + b"]" * 70, ["body"], "levels deep"),
        (b"[" * 1000 + b"]" * 1000, ["body"], "levels deep"),
        (b"[" * 5_000, ["body", 1025], "depth"),
        (b"[" * 100_000, ["body"], "more than 10000 values"),
        (b"\xef\xbb\xbf{}", ["body", 0], "BOM"),
        ('{"a": 1}'.encode("utf-16"), ["body", 0], "UTF-8"),
        (b"{'a': 1}", ["body", 1], "string key"),
        (b"", ["body", 0], "empty"),
    ],
)
def test_a_fault_is_told_with_its_place(body: bytes, where: list[str | int], words: str) -> None:
    """KO-05, FAULTS §4."""
    fault = fault_of(body)
    assert fault is not None
    assert fault[0] == where
    assert words in fault[1]


VALUES = st.sampled_from(["1", "null", '":"', '"\\u003a"', '"a:\\":"', '"{"'])
NAMES = st.sampled_from(['"a"', '"b"', '"a:"', '"a\\u003A"', '"\\u0061"'])


def nested(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inside, max_size=3).map(lambda items: f"[{','.join(items)}]")
    members = st.lists(st.tuples(NAMES, inside), max_size=4)
    return lists | members.map(
        lambda pairs: "{" + ", ".join(f"{name} : {value}" for name, value in pairs) + "}"
    )


@given(st.recursive(VALUES, nested, max_leaves=8))
def test_a_name_is_repeated_exactly_where_the_plain_reader_says_so(text: str) -> None:
    repeated: list[bool] = []

    def members(pairs: list[tuple[str, object]]) -> None:
        repeated.append(len({name for name, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=members)
    fault = fault_of(text.encode())
    assert (fault is not None) is any(repeated)


@pytest.mark.parametrize("before", [0, 65_517, 65_518, 65_535, 65_536, 131_072])
def test_a_wide_number_is_found_wherever_it_stands(before: int) -> None:
    fault = fault_of(b'["' + b"x" * before + b'", 18446744073709551616]')
    assert fault is not None
    assert "64 bits" in fault[1]
