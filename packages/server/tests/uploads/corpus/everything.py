"""Every harmful file: families by parameters, the same at each run."""

from __future__ import annotations

from packages.server.tests.uploads.corpus.case import Case
from packages.server.tests.uploads.corpus.pdfs import pdfs
from packages.server.tests.uploads.corpus.tables import tables
from packages.server.tests.uploads.corpus.workbooks import workbooks

CASES: tuple[Case, ...] = (*workbooks(), *tables(), *pdfs())
