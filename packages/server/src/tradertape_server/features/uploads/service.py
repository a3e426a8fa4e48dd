"""Use cases of uploads, and what other features read of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.wealth.records import BookTrade, FundTransaction, LedgerLine
from tradertape_core.wealth.statements.identity import distinct
from tradertape_core.wealth.statements.layouts import Kind, Layout
from tradertape_core.wealth.statements.quality import ImportedFile
from tradertape_core.wealth.statements.reading import Statement
from tradertape_server.features.uploads import labels, repository, schemas, views
from tradertape_server.features.uploads.child_process import Readers
from tradertape_server.features.uploads.imports import LOST_AFTER, Imports
from tradertape_server.features.uploads.labels import CLEAR, Label
from tradertape_server.features.uploads.mappings import layout_of, saved_layouts
from tradertape_server.features.uploads.models import (
    ImportedFundTransaction,
    ImportedLedgerLine,
    ImportedTrade,
    Upload,
)
from tradertape_server.features.uploads.multipart import UploadedFile
from tradertape_server.features.uploads.reading.wire import Answer, rows_in
from tradertape_server.features.uploads.stored_records import file_of, fund_of, line_of, trade_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import BadRequest, Conflict, NotFound

MOST_UPLOADS = 2000
MOST_ROWS = 2_000_000
_FIRST_DAY = date.min
_OTHER_VIEW = {Kind.TRADEBOOK: Kind.REALISED_PNL, Kind.REALISED_PNL: Kind.TRADEBOOK}


@dataclass(frozen=True, slots=True)
class Request:
    """How the files of a request are to be taken. account: which they are of, where the sender says
    it. is_table: an account statement is not a PDF, but the table that an agent made of one."""

    kinds: tuple[Kind, ...]
    is_dry_run: bool = False
    accepts_difference: bool = False
    password: str = ""
    mapping: schemas.MappingIn | None = None
    label: Label = CLEAR
    account: str = ""
    is_table: bool = False


class UploadService:
    """Uploads of a person. Files are read by a process of its own, see `Readers`.

    is_obfuscated: whether a person's real figures must not come here; a feature above knows.
    """

    def __init__(self, database: Database, clock: Clock, readers: Readers | None = None) -> None:
        self._database = database
        self._clock = clock
        self._readers = readers or Readers()
        self.imports = Imports(database, clock)
        self.is_obfuscated: Callable[[Session, int], bool] = lambda _session, _user_id: False

    def start(self) -> None:
        """Clear what an earlier stop left behind."""
        self.imports.start()

    def close(self) -> None:
        """Stop an import at work."""
        self.imports.stop()

    def upload(
        self, user_id: int, files: Sequence[UploadedFile], request: Request
    ) -> schemas.UploadsOut:
        """Read and import files, each whole or not at all.

        Raises BadRequest if not one can be read, TooMany while another upload of the person is,
        Conflict where their figures must be scaled, or are scaled otherwise than those there are.
        """
        with self._database.read() as session:
            hidden = self.is_obfuscated(session, user_id)
            labels.demand(session, user_id, request.label, is_obfuscated=hidden)
            own = saved_layouts(session, user_id)
            if repository.count(session, user_id) + len(files) > MOST_UPLOADS:
                raise Conflict(f"You have {MOST_UPLOADS} uploads, the most there can be: undo some")
        if request.mapping is not None:
            own = [layout_of("mapping", request.mapping), *own]
        with self._readers.of_person(user_id):
            shown = [self._one(user_id, file, own, request) for file in files]
        if not request.is_dry_run and all(one.state == "rejected" for one in shown):
            raise _refused(shown)
        if request.is_dry_run and all(one.code for one in shown):
            raise _refused(shown)
        waiting = next((one for one in shown if one.state == "importing"), None)
        return schemas.UploadsOut(
            files=shown,
            totals=views.summed(shown),
            warnings=[f"{one.name}: {text}" for one in shown for text in one.warnings],
            rebuild=schemas.Rebuild(
                queued=waiting is not None, job_id=waiting.id if waiting else None
            ),
        )

    def page(
        self, session: Session, user_id: int, limit: int, offset: int
    ) -> tuple[int, list[schemas.FileOut]]:
        """How many uploads there are, and a page of them, newest first."""
        # In a transaction of its own: this one would not see what the recovery changes.
        with self._database.read() as before:
            self._recover_stale(repository.page(before, user_id, limit, offset)[1])
        total, found = repository.page(session, user_id, limit, offset)
        return total, [views.file_out(one) for one in found]

    def get(self, session: Session, user_id: int, upload_id: int) -> schemas.FileOut:
        """One upload. Raises NotFound, also for another person's."""
        with self._database.read() as before:
            self._recover_stale([_owned(before, user_id, upload_id)])
        return views.file_out(_owned(session, user_id, upload_id))

    def errors_csv(self, session: Session, user_id: int, upload_id: int) -> str:
        """The rows of an upload that cannot be read, as CSV."""
        return views.errors_csv(_owned(session, user_id, upload_id).report)

    def undo(self, user_id: int, upload_id: int) -> None:
        """Remove an upload and its rows; rows that another upload has too remain by that one."""
        with self._database.write() as session:
            upload = _owned(session, user_id, upload_id, locks=True)
            counted = upload.state == "done"
            upload.state, upload.updated_at = "removing", self._clock.now()
            if counted:
                repository.raise_version(session, user_id)
        if counted:
            self.imports.changed(user_id)
        self.imports.remove(upload_id, upload.kind)

    def version(self, user_id: int) -> int:
        """A number that grows with each import and each undo of a person."""
        with self._database.read() as session:
            return repository.version(session, user_id)

    def size(self, user_id: int) -> int:
        """How many rows a person's completed uploads have."""
        with self._database.read() as session:
            return repository.count_imported(session, user_id)

    def files(self, user_id: int) -> list[ImportedFile]:
        """A person's completed uploads, oldest first."""
        with self._database.read() as session:
            return [file_of(one) for one in repository.done(session, user_id)]

    def last_change(self, user_id: int) -> datetime | None:
        """When a person last imported or undid an upload that is still listed."""
        with self._database.read() as session:
            return repository.last_change(session, user_id)

    def factor(self, user_id: int) -> str | None:
        """The label of the factor with which a person's files are scaled; None where none is."""
        with self._database.read() as session:
            found = labels.counts(session, user_id)
        return next((one.factor_id for one in found if one.is_scaled), None)

    def trades(self, user_id: int) -> tuple[BookTrade, ...]:
        """A person's trades, each once, by day and time; those without a time in their file's
        order, after the others of the day.

        A trade whose file names no account is of the broker's only account, if there is one.
        """
        with self._database.read() as session:
            rows = [
                (row.account, row.key, trade_of(row))
                for row in repository.completed(session, user_id, ImportedTrade)
            ]
        trades = _with_accounts(distinct(rows))
        latest = datetime.max.replace(tzinfo=IST)
        trades.sort(key=lambda one: (one.traded_on, one.at or latest))
        return tuple(trades)

    def trades_in(
        self, user_id: int, *, symbols: Collection[str], isins: Collection[str]
    ) -> list[tuple[str, BookTrade]]:
        """A person's trades in some symbols or ISINs with their keys, each once, by day and time;
        the latest 2,000 rows of a symbol.

        The account is "" where the file names none.
        """
        with self._database.read() as session:
            rows = [
                (row.account, row.key, (row.key, trade_of(row)))
                for row in repository.completed_trades(session, user_id, symbols, isins)
            ]
        latest = datetime.max.replace(tzinfo=IST)
        found = distinct(rows)
        found.sort(key=lambda one: (one[1].traded_on, one[1].at or latest))
        return found

    def ledger_lines(self, user_id: int) -> tuple[LedgerLine, ...]:
        """A person's ledger lines, each once, by day; opening and closing balances of the files
        first, without a day."""
        with self._database.read() as session:
            rows = [
                (row.account, row.key, line_of(row))
                for row in repository.completed(session, user_id, ImportedLedgerLine)
            ]
        lines = distinct(rows)
        lines.sort(key=lambda one: (one.posted_on is not None, one.posted_on or _FIRST_DAY))
        return tuple(lines)

    def fund_transactions(self, user_id: int) -> tuple[FundTransaction, ...]:
        """A person's transactions of mutual funds, each once, by day."""
        with self._database.read() as session:
            rows = [
                ("", row.key, fund_of(row))
                for row in repository.completed(session, user_id, ImportedFundTransaction)
            ]
        return tuple(sorted(distinct(rows), key=lambda one: one.happened_on))

    def _one(
        self, user_id: int, file: UploadedFile, own: Sequence[Layout], request: Request
    ) -> schemas.FileOut:
        answer = self._readers.read(
            file.name,
            file.content,
            kinds=request.kinds,
            own=own,
            password=request.password,
            account=request.account,
            is_table=request.is_table,
        )
        upload = self._draft(user_id, file, request, answer)
        statement = answer.statement
        if statement is None or upload.state == "rejected":
            return self._kept(upload, request)
        self._count(user_id, upload, statement, answer)
        if upload.state == "rejected":
            return self._kept(upload, request)
        if any(one.is_off for one in statement.checks) and not request.accepts_difference:
            upload.detail = _difference(statement)
            if not request.is_dry_run:
                upload.state = "held"
                return views.file_out(upload)
        if request.is_dry_run:
            return views.file_out(upload)
        return self._import(upload, answer)

    def _draft(self, user_id: int, file: UploadedFile, request: Request, answer: Answer) -> Upload:
        """The upload as far as its file tells; not stored."""
        statement = answer.statement or Statement(request.kinds[0], "", "")
        errors = len(statement.errors) + statement.more_errors
        detail = answer.error
        if errors:
            detail = (
                f"{errors} of {statement.rows} rows cannot be read, so nothing was imported: "
                "correct them and upload the file again."
            )
        elif answer.statement is not None and not statement.rows:
            detail = "The table has no rows."
        now = self._clock.now()
        return Upload(
            user_id=user_id, kind=statement.kind.value, name=file.name,
            sha256=sha256(file.content).hexdigest(), size_bytes=len(file.content),
            state="rejected" if detail else "preview", layout=statement.layout[:60],
            broker=statement.broker[:60], account=statement.account,
            segment=statement.segment[:20], first_on=statement.first, last_on=statement.last,
            rows=statement.rows, imported=0, duplicates=0, rejected=errors, to_store=0, stored=0,
            detail=detail, report=views.report_of(answer), created_at=now, updated_at=now,
            is_scaled=request.label.is_scaled, factor_id=request.label.factor_id,
        )  # fmt: skip

    def _count(self, user_id: int, upload: Upload, statement: Statement, answer: Answer) -> None:
        """Count what is new, and refuse what another file states in another way."""
        with self._database.read() as session:
            known: dict[str, dict[str, tuple[str, str]]] = {}
            keys = [key for rows in rows_in(answer) for key in rows.keys]
            for key, account, content, name in repository.known_rows(
                session, user_id, upload.kind, keys
            ):
                known.setdefault(key, {})[account] = (content, name)
            other = self._other_view(session, user_id, statement)
            if repository.count_rows(session, user_id) + answer.rows > MOST_ROWS:
                upload.state = "rejected"
                upload.detail = f"Your uploads have {MOST_ROWS} rows, the most there can be."
                return
        if other is not None:
            upload.state, upload.detail = "rejected", other
            return
        changed = _tally(upload, answer, known)
        if changed:
            upload.report["warnings"].append(
                f"{changed} trades have another quantity or price than in an earlier upload: the "
                "earlier one counts. Undo it if this file is right."
            )

    def _other_view(self, session: Session, user_id: int, statement: Statement) -> str | None:
        """Why trades would count twice: a report of realised profit repeats a tradebook's."""
        other = _OTHER_VIEW.get(statement.kind)
        if other is None or statement.first is None or statement.last is None:
            return None
        found = repository.overlapping(
            session, user_id, statement.broker, other.value, statement.first, statement.last
        )
        if found is None:
            return None
        return (
            f"“{found.name}” has trades of these days in another form, and they would count "
            f"twice: undo that upload (number {found.id}) first, or keep it and leave this file."
        )

    def _kept(self, upload: Upload, request: Request) -> schemas.FileOut:
        """A file that is not imported; recorded, unless it is a dry run."""
        if request.is_dry_run:
            return views.file_out(upload)
        with self._database.write() as session:
            session.add(upload)
            session.flush()
        return views.file_out(upload)

    def _import(self, upload: Upload, answer: Answer) -> schemas.FileOut:
        upload.state, upload.to_store = "importing", answer.rows
        with self._database.write() as session:
            hidden, label = self.is_obfuscated(session, upload.user_id), Label(upload.factor_id)
            labels.demand_alone(session, upload.user_id, label, is_obfuscated=hidden)
            session.add(upload)
            session.flush()
            upload_id, user_id, kind = upload.id, upload.user_id, upload.kind
        self.imports.store(upload_id, user_id, kind, answer)
        with self._database.read() as session:
            return self.get(session, user_id, upload_id)

    def _recover_stale(self, uploads: Iterable[Upload]) -> None:
        before = self._clock.now() - LOST_AFTER
        if any(
            one.state in ("importing", "removing") and one.updated_at < before for one in uploads
        ):
            self.imports.recover()


def _tally(upload: Upload, answer: Answer, known: dict[str, dict[str, tuple[str, str]]]) -> int:
    """Count new and known rows into the upload; how many known ones differ."""
    seen: set[tuple[str, str]] = set()
    changed = 0
    for key, account, content in _keyed(answer):
        found = known.get(key, {})
        match = found.get(account) or found.get("")
        if match is None and not account and found:
            match = next(iter(found.values()))
        if match is not None or (account, key) in seen:
            upload.duplicates += 1
            changed += match is not None and match[0] != content
        else:
            upload.imported += 1
        seen.add((account, key))
    return changed


def _keyed(answer: Answer) -> Iterator[tuple[str, str, str]]:
    """The key, the account and the content of each row; "" for what its kind does not have."""
    for rows in rows_in(answer):
        contents = rows.contents or [""] * len(rows.keys)
        accounts = [one.account for one in rows.trades or rows.ledger] or [""] * len(rows.keys)
        yield from zip(rows.keys, accounts, contents, strict=True)


def _owned(session: Session, user_id: int, upload_id: int, *, locks: bool = False) -> Upload:
    found = repository.owned(session, user_id, upload_id, locks=locks)
    if found is None:
        raise NotFound("Upload")
    return found


def _refused(files: Sequence[schemas.FileOut]) -> BadRequest:
    """The error for a request of which nothing can be imported."""
    first = files[0]
    return BadRequest(
        first.detail if len(files) == 1 else f"None of the {len(files)} files can be imported.",
        code=first.code or "rows_rejected",
        more={"files": [one.model_dump(mode="json", by_alias=True) for one in files]},
    )


def _difference(statement: Statement) -> str:
    off = next(one for one in statement.checks if one.is_off)
    return (
        f"{off.name}: the statement says {off.stated:,}, its rows give {off.parsed:,}. Nothing was "
        "imported: a part of it may not be read. Import it only if you know why the totals differ."
    )


def _with_accounts(trades: list[BookTrade]) -> list[BookTrade]:
    accounts: dict[str, set[str]] = {}
    for one in trades:
        if one.account:
            accounts.setdefault(one.broker, set()).add(one.account)
    only = {broker: next(iter(ids)) for broker, ids in accounts.items() if len(ids) == 1}
    return [
        one if one.account or one.broker not in only else replace(one, account=only[one.broker])
        for one in trades
    ]
