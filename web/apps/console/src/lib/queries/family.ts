import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  ConsolidatedOut,
  FamilyFundOut,
  FamilyGroupOut,
  FamilyHoldingOut,
  FamilyMemberOut,
  FamilyPositionOut,
  FamilyShareIn,
  InvitationOut,
  InviteIn,
  MemberTotalsOut,
  PartOut,
  PendingOut,
} from "@tradertape/api/generated/types.gen.ts"

export type FamilyGroup = FamilyGroupOut
export type FamilyMember = FamilyMemberOut
export type Together = ConsolidatedOut
export type FamilyHolding = FamilyHoldingOut
export type FamilyFund = FamilyFundOut
export type FamilyPosition = FamilyPositionOut
export type MemberTotals = MemberTotalsOut
export type AllocationPart = PartOut
export type Invitation = InvitationOut
export type Pending = PendingOut
export type Share = FamilyShareIn
export type GivenRole = NonNullable<InviteIn["role"]>

export const familyGroupsQuery = queryOptions({
  queryKey: ["family", "groups"],
  queryFn: ({ signal }) => unwrap(api.listFamilyGroups({ signal })),
})

export const familyInvitationsQuery = queryOptions({
  queryKey: ["family", "invitations"],
  queryFn: ({ signal }) => unwrap(api.listFamilyInvitations({ signal })),
})

/** What a link is about. Never read again by itself: a link is used once. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["family", "invitation", token.slice(0, 6)],
    queryFn: ({ signal }) => unwrap(api.readFamilyInvitation({ signal, body: { token } })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** members: those to add up; all that may be seen where there is none. */
export const togetherQuery = (group: number, members: readonly number[]) =>
  queryOptions({
    queryKey: ["family", "together", group, ...members],
    queryFn: ({ signal }) =>
      unwrap(
        api.readConsolidated({
          signal,
          query: { group_id: group, members: members.length > 0 ? members.join(",") : undefined },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

const at = (group: number) => ({ path: { group_id: group } })
const of = (group: number, member: number) => ({ path: { group_id: group, user_id: member } })

export const familyCalls = {
  create: (name: string) => unwrap(api.createFamilyGroup({ body: { name } })),
  rename: (group: number, name: string) => unwrap(api.renameFamilyGroup({ ...at(group), body: { name } })),
  remove: (group: number) => unwrap(api.deleteFamilyGroup(at(group))),
  invite: (group: number, email: string, role: GivenRole) =>
    unwrap(api.inviteToFamily({ ...at(group), body: { email, role } })),
  withdraw: (group: number, invitation: number) =>
    unwrap(api.withdrawFamilyInvitation({ path: { group_id: group, invitation_id: invitation } })),
  accept: (group: number, token?: string) =>
    unwrap(api.acceptFamilyInvitation({ ...at(group), body: { token } })),
  decline: (group: number, token?: string) =>
    unwrap(api.declineFamilyInvitation({ ...at(group), body: { token } })),
  leave: (group: number) => unwrap(api.leaveFamilyGroup(at(group))),
  share: (group: number, body: Share) => unwrap(api.shareWithFamily({ ...at(group), body })),
  setRole: (group: number, member: number, role: GivenRole) =>
    unwrap(api.changeFamilyRole({ ...of(group, member), body: { role } })),
  removeMember: (group: number, member: number) => unwrap(api.removeFamilyMember(of(group, member))),
  transfer: (group: number, member: number) =>
    unwrap(api.transferFamilyGroup({ ...at(group), body: { user_id: member } })),
}

export const refreshFamily = (client: QueryClient) => client.invalidateQueries({ queryKey: ["family"] })
