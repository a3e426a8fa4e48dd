"""Errors that cross a process boundary, as those of a sweep's workers do."""

from __future__ import annotations

import pickle

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem


def test_a_wrong_value_keeps_its_words_and_place_in_another_process() -> None:
    there = pickle.loads(pickle.dumps(InvalidInput("must be positive", pointer="/runs")))  # noqa: S301

    assert type(there) is InvalidInput
    assert (there.message, there.pointer) == ("must be positive", "/runs")
    assert str(there) == "/runs: must be positive"


def test_a_wrong_document_keeps_every_problem_in_another_process() -> None:
    problems = [Problem("/a", "first"), Problem("/b", "second")]

    there = pickle.loads(pickle.dumps(InvalidDocument(problems)))  # noqa: S301

    assert type(there) is InvalidDocument
    assert list(there.problems) == problems
