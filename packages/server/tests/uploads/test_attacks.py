"""FAULTS §7: files made to harm a reader are refused, and the server goes on."""

from __future__ import annotations

import random

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files import attacks, books
from packages.server.tests.uploads.files.account_statements import PAN

from tradertape_server.container import Container
from tradertape_server.features.uploads.archives import BadArchive, check_directory
from tradertape_server.features.uploads.child_process import Readers
from tradertape_server.platform.errors import TooMany

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize("name", attacks.SPREADSHEETS)
def test_up_01_a_harmful_workbook_is_refused_with_a_reason(send, name: str, engine: str) -> None:
    refused = send((f"{name}.xlsx", attacks.SPREADSHEETS[name]()))
    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"]
    assert "root:" not in refused.text


@pytest.mark.parametrize("name", attacks.PDFS)
def test_up_03_a_harmful_pdf_is_refused_with_a_reason(send, name: str, engine: str) -> None:
    content = attacks.PDFS[name]()
    refused = send(("cas.pdf", content), kind="cas", form={"password": PAN})
    assert refused.status_code == 400, refused.text
    assert refused.json()["detail"]
    assert PAN not in refused.text


@pytest.mark.parametrize("name", ["zip_bomb", "many_parts"])
def test_up_01_a_bomb_is_refused_by_its_directory(name: str, engine: str) -> None:
    with pytest.raises(BadArchive):
        check_directory(attacks.SPREADSHEETS[name]())


def test_up_01_macros_and_embedded_programs_are_ignored(send, engine: str) -> None:
    [file] = send(("book.xlsm", attacks.macros())).json()["files"]
    assert (file["state"], file["imported"]) == ("done", 10)


def test_up_01_a_body_over_the_limit_is_cut(signed_in: TestClient, engine: str) -> None:
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="files[]"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield bytes(1024 * 1024)

    refused = signed_in.post(
        "/api/uploads/tradebook",
        content=endless(),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert refused.status_code == 413


def test_up_01_no_file_is_over_twenty_megabytes(send, engine: str) -> None:
    assert send(("big.csv", bytes(20 * 1024 * 1024 + 1))).status_code == 413


def test_up_01_fifty_files_at_most(send, engine: str) -> None:
    refused = send(*[(f"{number}.csv", b"x") for number in range(51)])
    assert refused.status_code == 400
    assert "at most 50 files" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x--", "multipart/form-data"),
        (b"--y\r\n\r\n", "multipart/form-data; boundary=x"),
        (
            b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
            "multipart/form-data; boundary=x",
        ),
    ],
)  # fmt: skip
def test_up_01_a_body_without_files_is_a_400(
    signed_in: TestClient, engine: str, body: bytes, kind: str
) -> None:
    sent = signed_in.post("/api/uploads/tradebook", content=body, headers={"Content-Type": kind})
    assert sent.status_code in (400, 422), sent.text


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "\u202efdp.exe", "x" * 4096, "", ".",
        "a;b|c`d`$(e).csv", "CON", "\ufeff", "tradebook-\r\nSet-Cookie: x.csv",
    ],
)  # fmt: skip
def test_up_01_a_name_is_never_a_path(send, container: Container, engine: str, name: str) -> None:
    sent = send((name or "?", books.kite_csv(attacks.few_trades())))
    [file] = sent.json()["files"]
    assert file["state"] == "done"
    assert len(file["name"]) <= 120
    assert not set(file["name"]) & set("/\\\r\n\x00\u202e")


def test_up_01_noise_in_every_byte_raises_nothing(send, engine: str) -> None:
    """Workbooks with some bytes changed: each is imported or refused."""
    draw = random.Random(11)
    whole = books.kite_workbook(attacks.few_trades())
    for _ in range(12):
        content = bytearray(whole)
        for _ in range(draw.randrange(1, 30)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        assert send(("book.xlsx", bytes(content))).status_code in (200, 400)


def test_up_01_one_upload_of_a_person_is_read_at_a_time(engine: str) -> None:
    readers = Readers()
    with readers.of_person(1), readers.of_person(2), pytest.raises(TooMany), readers.of_person(1):
        pass
    with readers.of_person(1):
        pass


def test_up_03_a_reader_that_takes_too_long_is_ended(engine: str) -> None:
    from tradertape_core.wealth.statements.layouts import Kind

    answer = Readers(within_s=0.01).read("a.csv", b"a,b\n1,2\n", kinds=[Kind.TRADEBOOK])
    assert answer.statement is None
    assert answer.code == "file_too_complex"
