"""What Python 3.10 lacks of the standard library: the agent runs there too."""

from __future__ import annotations

import sys
from datetime import timezone

__all__ = ["UTC", "StrEnum"]

UTC = timezone.utc

if sys.version_info >= (3, 11):
    from enum import StrEnum
else:
    from enum import Enum

    class StrEnum(str, Enum):
        """An enumeration whose members are texts, and read as their values."""

        __str__ = str.__str__
        __format__ = str.__format__
