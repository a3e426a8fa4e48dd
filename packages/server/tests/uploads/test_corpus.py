"""FAULTS §7: some 390 harmful files, by family and parameter, within limits of time and memory.

`bench/uploads.py attacks` posts them to a server and prints what each cost.
"""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter

import psutil
import pytest
from packages.server.tests.uploads.corpus.case import Case
from packages.server.tests.uploads.corpus.everything import CASES
from packages.server.tests.uploads.files.account_statements import PAN

from tradertape_core.wealth.statements.layouts import Kind
from tradertape_server.features.uploads.archives import BadArchive, check_directory
from tradertape_server.features.uploads.child_process import WITHIN_S, Readers
from tradertape_server.features.uploads.reading.main import MEMORY
from tradertape_server.features.uploads.reading.wire import Answer

BOMB_S, BOMB_BYTES = 0.1, 50 * 1024**2
BOMBS = [one for one in CASES if one.is_bomb]
FIRST_OF_FAMILY = list({one.family: one for one in reversed(CASES)}.values())
KINDS = {"tradebook": (Kind.TRADEBOOK, Kind.REALISED_PNL), "cas": (Kind.FUNDS,)}


def read(case: Case) -> Answer:
    return Readers().read("file", case.make(), kinds=KINDS[case.kind], password=PAN)


def is_imported(answer: Answer) -> bool:
    statement = answer.statement
    return statement is not None and statement.rows > 0 and not statement.errors


def demand_refusal(case: Case, answer: Answer) -> None:
    if case.is_harmless:
        return
    assert not is_imported(answer), answer.statement
    assert PAN not in answer.error


def test_up_01_the_corpus_has_two_hundred_files_of_twenty_families() -> None:
    assert len({str(one) for one in CASES}) == len(CASES) >= 200
    assert len(Counter(one.family for one in CASES)) >= 20


@pytest.mark.parametrize("case", BOMBS, ids=str)
def test_up_01_a_bomb_is_refused_within_100_ms_and_50_mb(case: Case) -> None:
    content = case.make()
    tracemalloc.start()
    try:
        with pytest.raises(BadArchive):
            check_directory(content)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < BOMB_BYTES
    # The best of three: the machine may be busy.
    assert min(_seconds(content) for _ in range(3)) < BOMB_S


def _seconds(content: bytes) -> float:
    start = time.perf_counter()
    with pytest.raises(BadArchive):
        check_directory(content)
    return time.perf_counter() - start


@pytest.mark.parametrize("case", FIRST_OF_FAMILY, ids=str)
def test_up_01_a_file_of_each_family_is_refused(case: Case) -> None:
    demand_refusal(case, read(case))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_up_01_every_file_of_the_corpus_is_refused_in_time(case: Case) -> None:
    process = psutil.Process()
    before, start = process.memory_info().rss, time.perf_counter()
    demand_refusal(case, read(case))
    assert time.perf_counter() - start < WITHIN_S + 20  # where the machine has no time to end it
    # The answer is small whatever the file was; the file itself is up to 20 MB, made several times.
    assert process.memory_info().rss - before < MEMORY
    assert not process.children(recursive=True)
