"""Units of the values in answers, as types: the API's description states them at each field."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Rupees = Annotated[float, Field(description="Rupees.")]
# Also strikes, levels of an underlying, trigger prices and price steps.
Price = Annotated[float, Field(description="Rupees per unit.")]
Percent = Annotated[float, Field(description="Percent.")]
PercentPerYear = Annotated[float, Field(description="Percent per year.")]
Quantity = Annotated[int, Field(description="Units of the instrument, not lots.")]
Orders = Annotated[float, Field(description="Orders of a day.")]
Days = Annotated[float, Field(description="Calendar days.")]
Minutes = Annotated[int, Field(description="Minutes.")]
Seconds = Annotated[int, Field(description="Seconds.")]
Time = Annotated[
    str,
    Field(
        description="A time in ISO 8601, of India (+05:30).",
        json_schema_extra={"format": "date-time"},
    ),
]
Date = Annotated[
    str, Field(description="A date in India, YYYY-MM-DD.", json_schema_extra={"format": "date"})
]
