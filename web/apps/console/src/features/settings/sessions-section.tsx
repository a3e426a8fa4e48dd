import { Badge, Button, Skeleton, Table, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { age } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { notifyFailure } from "@/lib/notify"
import { accountCalls, sessionsQuery } from "@/lib/queries/account"
import { signOut } from "@/lib/queries/auth"
import { useNow } from "@/lib/use-now"

const BROWSERS = ["Firefox", "Edg", "OPR", "Chrome", "Safari"]
const SYSTEMS = ["Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"]

/** "Chrome on Linux" from a user-agent string. */
export function deviceName(userAgent: string): string {
  const browser = BROWSERS.find((name) => userAgent.includes(name)) ?? "Browser"
  const system = SYSTEMS.find((name) => userAgent.includes(name))
  const name = browser === "Edg" ? "Edge" : browser === "OPR" ? "Opera" : browser
  return system ? `${name} on ${system}` : name
}

export function SessionsSection() {
  const { data, error, isPending, refetch } = useQuery(sessionsQuery)
  const client = useQueryClient()
  const navigate = useNavigate()
  const now = useNow()
  const ending = useMutation({
    mutationFn: accountCalls.endSession,
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
    onError: (failure) => notifyFailure("The device was not signed out", failure),
  })
  const signingOutEverywhere = useMutation({
    mutationFn: () => signOut(true),
    onSuccess: () => {
      client.clear()
      void navigate({ to: "/sign-in" })
    },
    onError: (failure) => notifyFailure("The devices were not signed out", failure),
  })
  if (isPending) return <Skeleton height={160} />
  if (error && !data) return <ErrorState error={error} what="Your devices" retry={refetch} />
  return (
    <Section
      title="Signed-in devices"
      flush
      action={
        <Button
          variant="subtle"
          color="red"
          loading={signingOutEverywhere.isPending}
          onClick={() => signingOutEverywhere.mutate()}
        >
          Sign out everywhere
        </Button>
      }
    >
      <Table.ScrollContainer minWidth={330}>
        <Table>
          <Table.Tbody>
            {data.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td>
                  {deviceName(row.user_agent)}
                  <Text size="xs" c="dimmed">
                    {row.ip}
                  </Text>
                </Table.Td>
                <Table.Td>used {age(row.last_seen_at, now)}</Table.Td>
                <Table.Td ta="right" className="tt-pinned">
                  {row.is_this ? (
                    <Badge>This device</Badge>
                  ) : (
                    <Button variant="default" size="compact-xs" onClick={() => ending.mutate(row.id)}>
                      Sign out
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  )
}
