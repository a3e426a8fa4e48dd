import { Select, Stack, Tabs } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Users } from "lucide-react"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { TabStrip } from "@/components/page/tab-strip"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import { type FamilyGroup, familyGroupsQuery, familyInvitationsQuery } from "@/lib/queries/family"
import { Answer } from "./invitation-page"
import { MembersTab } from "./members-tab"
import { NewGroup } from "./new-group"
import { TogetherTab } from "./together-tab"

const route = getRouteApi("/frame/family")

const TABS = [
  { value: "together", label: "Together" },
  { value: "members", label: "Members and sharing" },
] as const

/** What the members of a family share with each other, added up. */
export function FamilyPage() {
  const groups = useQuery(familyGroupsQuery)
  const { group } = route.useSearch()
  const navigate = route.useNavigate()
  const known = groups.data ?? []
  const chosen = known.find(({ id }) => id === group) ?? known[0]
  return (
    <>
      <PageHeader
        title="Family"
        note="Each member decides what the others see. Strategies, risk rules and logins stay with each account."
        action={
          known.length > 1 && (
            <Select
              aria-label="Group"
              data={known.map(({ id, name }) => ({ value: String(id), label: name }))}
              value={chosen ? String(chosen.id) : null}
              onChange={(next) => void navigate({ search: (all) => ({ ...all, group: Number(next) }) })}
            />
          )
        }
      />
      <Stack gap="md">
        <Invitations />
        <Loaded query={groups} what="Your groups">
          {() => (chosen ? <Chosen key={chosen.id} group={chosen} /> : <First />)}
        </Loaded>
      </Stack>
    </>
  )
}

function Chosen({ group }: { group: FamilyGroup }) {
  const { tab = "together" } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        void navigate({ search: (all) => ({ ...all, tab: next === "members" ? "members" : undefined }) })
      }
    >
      <TabStrip tabs={TABS} value={tab} />
      <Tabs.Panel value="together">
        <TogetherTab group={group} />
      </Tabs.Panel>
      <Tabs.Panel value="members">
        <MembersTab group={group} />
      </Tabs.Panel>
    </Tabs>
  )
}

/** Invitations of the signed-in address. */
function Invitations() {
  const { data } = useQuery(familyInvitationsQuery)
  return data?.map((one) => (
    <Section key={one.group_id} title={`${one.invited_by} invites you to “${one.group_name}”`}>
      <Answer invitation={one} />
    </Section>
  ))
}

function First() {
  return (
    <EmptyState icon={<Users size={32} />} title="No family group yet" action={<NewGroup />}>
      Make one and invite those whose wealth you look after together. Everybody begins with sharing
      percentages only.
    </EmptyState>
  )
}
