"""Figures as text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def plain(value: Any) -> str | None:
    """Money and quantities as text: the browser never computes with them."""
    if value is None:
        return None
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
