"""Routes of uploads."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ValidationError

from tradertape_core.wealth.statements.layouts import Kind
from tradertape_server.features.auth.http.dependencies import CurrentUser, agent_caller
from tradertape_server.features.uploads import schemas
from tradertape_server.features.uploads.labels import Label
from tradertape_server.features.uploads.mappings import MappingService
from tradertape_server.features.uploads.multipart import Form, UploadedFile, parse_form
from tradertape_server.features.uploads.service import Request as Wanted
from tradertape_server.features.uploads.service import UploadService
from tradertape_server.platform.errors import BadRequest
from tradertape_server.platform.http.concurrency import OwnThreads
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.http.routing import DbSession, Page, RowId, TransactionRoute, part

router = APIRouter(prefix="/api/uploads", tags=["uploads"], route_class=TransactionRoute)
Uploads = Annotated[UploadService, Depends(part("uploads"))]
Mappings = Annotated[MappingService, Depends(part("upload_mappings"))]
MappingName = Annotated[str, Path(min_length=1, max_length=40)]
DryRun = Annotated[bool, Query(description="Read and check the files, import nothing.")]
AcceptDifference = Annotated[
    bool, Query(description="Import a file although its totals differ from its rows.")
]
# A thread waits while a process reads the file: those of the other routes are not used up.
_threads = OwnThreads("uploads", 4)
_TRADES = (Kind.TRADEBOOK, Kind.REALISED_PNL)
_OF_AGENTS = {"tradebook": _TRADES, "ledger": (Kind.LEDGER,), "funds": (Kind.FUNDS,)}


def _form(files: str, **fields: str) -> dict[str, Any]:
    """The description of a multipart body: many files in `files[]`, or one in `file`."""
    file = {"type": "string", "format": "binary"}
    is_many = files.endswith("[]")
    properties: dict[str, Any] = {files: {"type": "array", "items": file} if is_many else file}
    for name, text in fields.items():
        properties[name] = {"type": "string", "description": text}
    schema = {"type": "object", "required": [files], "properties": properties}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


_MAPPING = "JSON of a mapping of columns for files that no known layout fits (see MappingIn)."


@router.post("/tradebook", openapi_extra=_form("files[]", mapping=_MAPPING))
async def upload_tradebook(
    request: Request,
    user: CurrentUser,
    uploads: Uploads,
    dry_run: DryRun = False,
    accept_difference: AcceptDifference = False,
) -> schemas.UploadsOut:
    """Import tradebooks of Zerodha, Upstox or Groww: XLSX or CSV, up to 50 files of 20 MB.

    Each file is imported whole or not at all. Trades that an earlier upload has are counted as
    duplicates. A large file is imported in the background: its state is `importing`.
    """
    wanted = Wanted(_TRADES, dry_run, accept_difference)
    return await _threads.run(
        _upload, uploads, user.id, await request.body(), _type(request), wanted, "files[]"
    )


@router.post("/ledger", openapi_extra=_form("file", mapping=_MAPPING))
async def upload_ledger(
    request: Request,
    user: CurrentUser,
    uploads: Uploads,
    dry_run: DryRun = False,
    accept_difference: AcceptDifference = False,
) -> schemas.UploadsOut:
    """Import a ledger of Zerodha Console, XLSX or CSV; its closing balance is checked."""
    wanted = Wanted((Kind.LEDGER,), dry_run, accept_difference)
    return await _threads.run(
        _upload, uploads, user.id, await request.body(), _type(request), wanted, "file"
    )


@router.post("/cas", openapi_extra=_form("file", password="Usually your PAN in capitals."))  # noqa: S106 - a description
async def upload_account_statement(
    request: Request,
    user: CurrentUser,
    uploads: Uploads,
    dry_run: DryRun = False,
    accept_difference: AcceptDifference = False,
) -> schemas.UploadsOut:
    """Import a consolidated account statement (PDF) of CAMS, KFintech, NSDL or CDSL.

    The password opens the file and is kept nowhere. Statements of NSDL and CDSL list holdings,
    which are shown; they have no transactions to import.
    """
    wanted = Wanted((Kind.FUNDS,), dry_run, accept_difference)
    return await _threads.run(
        _upload, uploads, user.id, await request.body(), _type(request), wanted, "file"
    )


@router.post("/from-agent")
async def upload_from_agent(
    caller: Annotated[Identity, Depends(agent_caller("sync:write"))],
    uploads: Uploads,
    body: schemas.AgentFile,
    dry_run: DryRun = False,
    accept_difference: AcceptDifference = False,
) -> schemas.UploadsOut:
    """Import a statement that your agent rewrote; it is read like those of the other routes.

    Refused with 409 `factor_mixture` beside files of another factor, or of none.
    """
    kinds = _OF_AGENTS[body.kind]
    wanted = Wanted(
        kinds,
        dry_run,
        accept_difference,
        label=Label(body.factor_id),
        account=body.account or "",
        is_table=body.kind == "funds",
    )
    file = UploadedFile(body.name, body.content.encode())
    return await _threads.run(uploads.upload, caller.id, [file], wanted)


@router.get("")
def list_uploads(
    session: DbSession, user: CurrentUser, uploads: Uploads, page: Page
) -> list[schemas.FileOut]:
    """Your uploads, newest first."""
    total, found = uploads.page(session, user.id, page.limit, page.offset)
    page.total(total)
    return found


@router.get("/mappings")
def list_mappings(
    session: DbSession, user: CurrentUser, mappings: Mappings
) -> list[schemas.MappingOut]:
    """Your saved mappings of columns, by name."""
    return [schemas.MappingOut.model_validate(one) for one in mappings.all(session, user.id)]


@router.put("/mappings/{mapping}")
def save_mapping(
    session: DbSession, user: CurrentUser, mappings: Mappings, mapping: schemas.Name,
    body: schemas.MappingIn,
) -> schemas.MappingOut:  # fmt: skip
    """Save a mapping of columns: later files with these columns are read by it."""
    return schemas.MappingOut.model_validate(mappings.save(session, user.id, mapping, body))


@router.delete("/mappings/{mapping}", status_code=204)
def delete_mapping(
    session: DbSession, user: CurrentUser, mappings: Mappings, mapping: MappingName
) -> None:
    """Delete a mapping; what was imported with it remains."""
    mappings.delete(session, user.id, mapping)


@router.get("/{upload_id}")
def get_upload(
    session: DbSession, user: CurrentUser, uploads: Uploads, upload_id: RowId
) -> schemas.FileOut:
    """One upload, with the progress of its import."""
    return uploads.get(session, user.id, upload_id)


@router.get(
    "/{upload_id}/errors.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def download_errors(
    session: DbSession, user: CurrentUser, uploads: Uploads, upload_id: RowId
) -> Response:
    """The rows of an upload that cannot be read, as CSV."""
    return Response(
        uploads.errors_csv(session, user.id, upload_id),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="upload-{upload_id}-errors.csv"'},
    )


@router.delete("/{upload_id}", status_code=204)
def undo_upload(user: CurrentUser, uploads: Uploads, upload_id: RowId) -> None:
    """Undo an upload: its rows are removed, those that another upload has too remain."""
    uploads.undo(user.id, upload_id)


def _type(request: Request) -> str:
    return request.headers.get("content-type", "")


def _upload(
    uploads: UploadService, user_id: int, body: bytes, content_type: str, wanted: Wanted, files: str
) -> schemas.UploadsOut:
    form = parse_form(content_type, body, file_fields=frozenset({files, files.removesuffix("[]")}))
    if files == "file" and len(form.files) > 1:
        raise BadRequest("Send one file.")
    return uploads.upload(user_id, form.files, _completed(wanted, form))


def _completed(wanted: Wanted, form: Form) -> Wanted:
    mapping = None
    if form.texts.get("mapping"):
        try:
            mapping = schemas.MappingIn.model_validate_json(form.texts["mapping"])
        except ValidationError as error:
            first = error.errors()[0]
            place = "".join(f"/{one}" for one in first["loc"])
            raise BadRequest(f"mapping{place}: {first['msg']}") from error
    return Wanted(
        wanted.kinds, wanted.is_dry_run, wanted.accepts_difference,
        form.texts.get("password", "")[:128], mapping,
    )  # fmt: skip
