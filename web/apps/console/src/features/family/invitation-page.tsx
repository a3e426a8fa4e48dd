import { Button, Group, Skeleton, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { instant, words } from "@tradertape/ui/format.ts"
import { Users } from "lucide-react"
import { useEffect, useState } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { forgetToken, keptToken, takeToken } from "@/lib/family-token"
import { familyCalls, type Invitation, invitationQuery } from "@/lib/queries/family"
import { useChange } from "./use-change"

/** Where the link of an invitation leads. */
export function InvitationPage() {
  const [token, setToken] = useState(keptToken)
  // Another link that is opened in this tab changes nothing but the part after "#".
  useEffect(() => {
    const another = () => {
      takeToken()
      setToken(keptToken())
    }
    window.addEventListener("hashchange", another)
    return () => window.removeEventListener("hashchange", another)
  }, [])
  return (
    <>
      <PageHeader title="Family invitation" />
      {token === null ? <Nothing /> : <Asked token={token} />}
    </>
  )
}

function Nothing({ reason }: { reason?: string }) {
  return (
    <EmptyState
      icon={<Users size={32} />}
      title="No invitation here"
      action={<LinkButton to="/family">Family</LinkButton>}
    >
      {reason ??
        "Open the link of the invitation once more. An invitation of your own address is also on the page Family."}
    </EmptyState>
  )
}

function Asked({ token }: { token: string }) {
  const { data, error } = useQuery(invitationQuery(token))
  if (error) return <Nothing reason={`${error.message} Ask for a new one where it is over.`} />
  if (!data) return <Skeleton height={180} />
  return (
    <Section title={`${data.invited_by} invites you to “${data.group_name}”`}>
      <Answer invitation={data} token={token} />
    </Section>
  )
}

/** Accepts or declines an invitation. token: of its link; without, it is of the signed-in address. */
export function Answer({ invitation, token }: { invitation: Invitation; token?: string }) {
  const navigate = useNavigate()
  const { group_id: group } = invitation
  const accept = useChange(
    () => familyCalls.accept(group, token),
    `You are in ${invitation.group_name}`,
    "The invitation was not accepted",
    () => {
      forgetToken()
      void navigate({ to: "/family", search: { group } })
    },
  )
  const decline = useChange(
    () => familyCalls.decline(group, token),
    "Declined",
    "The invitation was not declined",
    () => {
      forgetToken()
      void navigate({ to: "/family" })
    },
  )
  return (
    <Stack gap="sm">
      <Text size="sm">
        As {words(invitation.role).toLowerCase()}, until {instant(invitation.expires_at)}. You begin with
        sharing percentages only, and change that or leave at any time. Nobody can trade for you or see your
        brokers' logins.
      </Text>
      <Group gap="sm">
        <Button loading={accept.isPending} disabled={decline.isPending} onClick={() => accept.mutate()}>
          Accept
        </Button>
        <Button
          variant="default"
          loading={decline.isPending}
          disabled={accept.isPending}
          onClick={() => decline.mutate()}
        >
          Decline
        </Button>
      </Group>
    </Stack>
  )
}
