"""Which errors of the database concern everybody, and not just the statement that met them."""

from __future__ import annotations

from sqlalchemy import exc

from tradertape_server.platform.database.disk_errors import disk_error_of


def is_outage(error: BaseException) -> bool:
    """Whether the database cannot be reached, is locked, or its disk is full or damaged.

    What failed so is tried again as it is; anything else fails because of what was asked of it.
    """
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        return True
    is_cut = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    return is_cut or disk_error_of(error) is not None
