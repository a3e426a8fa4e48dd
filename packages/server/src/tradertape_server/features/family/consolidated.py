"""The family's wealth as one of its members may see it.

Owner and admins see what members share; a member sees the own data. Who is in the group is read
before the books and again after them: to ask brokers takes a while, and who was removed meanwhile
sees nothing, and who left is not shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_core.wealth.consolidation import consolidate
from tradertape_core.wealth.family import Amounts
from tradertape_server.features.auth.queries import display_names
from tradertape_server.features.family import repository, schemas, views
from tradertape_server.features.family.models import FamilyMember
from tradertape_server.features.family.service import membership, role_of
from tradertape_server.features.family.sources import Found, MemberBooks
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Forbidden, NotFound


@dataclass(frozen=True, slots=True)
class _Circle:
    """The members that the view is about, with their names."""

    group_id: int
    members: Sequence[FamilyMember]
    names: dict[int, str]


class ConsolidatedService:
    """Reads books of members; never one that its owner hides."""

    def __init__(self, database: Database, clock: Clock, books: MemberBooks) -> None:
        self._database = database
        self._clock = clock
        self._books = books

    def read(
        self, user_id: int, group_id: int | None, wanted: Collection[int] | None
    ) -> schemas.ConsolidatedOut:
        """The wealth of a group's chosen members. Without a group: of the person's first one.

        Raises NotFound for who is not in the group and for members who are not, Forbidden for a
        member who asks for others.
        """
        circle = self._circle(user_id, group_id, wanted)
        read = {one.user_id: self._read(user_id, one, circle, sandbox=True)
                for one in circle.members}  # fmt: skip
        is_real = any(found.has_real for found in read.values())
        has_sandbox = any(found.has_sandbox for found in read.values())
        if is_real and has_sandbox:
            for one in circle.members:
                if read[one.user_id].has_sandbox:
                    read[one.user_id] = self._read(user_id, one, circle, sandbox=False)
        still = self._circle(user_id, circle.group_id, None)
        kept = [
            views.with_sharing(read[one.user_id].book, one)
            for one in still.members if one.user_id in read
        ]  # fmt: skip
        now = self._clock.now()
        found = consolidate(user_id, kept, now)
        return views.consolidated_out(
            circle.group_id, found, _about_sandbox(is_real=is_real, has_sandbox=has_sandbox), now
        )

    def _circle(
        self, user_id: int, group_id: int | None, wanted: Collection[int] | None
    ) -> _Circle:
        with self._database.read() as session:
            if group_id is None:
                first = next(iter(repository.groups_of(session, user_id)), None)
                if first is None:
                    raise NotFound("Group")
                group_id = first.id
            group, mine = membership(session, user_id, group_id, lock=False)
            members = repository.members(session, [group_id])
            ids = {one.user_id for one in members}
            if wanted is not None and not set(wanted) <= ids:
                raise NotFound("Member")
            if role_of(group, mine) == "member":
                if wanted is not None and set(wanted) != {user_id}:
                    raise Forbidden(
                        "A member sees the own data: the owner can give you the role admin."
                    )
                ids = {user_id}
            chosen = [
                one for one in members
                if one.user_id in ids and (wanted is None or one.user_id in wanted)
            ]  # fmt: skip
            return _Circle(group_id, chosen, display_names(session, ids))

    def _read(self, viewer: int, one: FamilyMember, circle: _Circle, *, sandbox: bool) -> Found:
        name = circle.names.get(one.user_id, f"User {one.user_id}")
        sharing = views.sharing_of(one)
        if sharing.amounts is Amounts.HIDDEN and one.user_id != viewer:
            return Found(views.empty_book(one, name), has_real=False, has_sandbox=False)
        return self._books.read(one.user_id, name, sharing, sandbox=sandbox)


def _about_sandbox(*, is_real: bool, has_sandbox: bool) -> list[str]:
    if not has_sandbox:
        return []
    if is_real:
        return ["Accounts of the sandbox are left out: their money is not real"]
    return ["These are accounts of the sandbox: their money is not real"]
