"""Joins the parts of family."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.family.consolidated import ConsolidatedService
from tradertape_server.features.family.invitations import InvitationService
from tradertape_server.features.family.service import FamilyService
from tradertape_server.features.family.sources import MemberBooks
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.mail import Mailer


@dataclass(frozen=True, slots=True)
class Family:
    """Everything of family."""

    groups: FamilyService
    invitations: InvitationService
    consolidated: ConsolidatedService


def build_family(
    database: Database, clock: Clock, mailer: Mailer, public_url: str, books: MemberBooks
) -> Family:
    """Family above the features whose figures it shows."""
    return Family(
        FamilyService(database, clock),
        InvitationService(database, clock, mailer, public_url),
        ConsolidatedService(database, clock, books),
    )
