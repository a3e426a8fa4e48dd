import { Badge, Button, Group, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { instant } from "@tradertape/ui/format.ts"
import { CopyField } from "@/components/copy/copy-field"
import { notifyFailure } from "@/lib/notify"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"

const RESULTS = {
  taken: { text: "Orders are taken from here", color: "green" },
  refused: { text: "Orders are refused from here", color: "red" },
  unknown: { text: "Not known yet", color: "gray" },
} as const

/** Which address the broker must know before it takes orders, and what it said of it after the login. */
export function IpPanel({ row }: { row: BrokerRow }) {
  const { ip, title } = row
  const isSandbox = !ip.needs_registered_address
  const { text, color } = RESULTS[ip.preflight]
  return (
    <Stack gap="xs">
      <Group gap={8}>
        <Text size="sm" fw={550}>
          Outgoing IP address
        </Text>
        <Badge color={color}>{text}</Badge>
        {row.session.connected && <TryAgain row={row} />}
      </Group>
      {ip.preflight === "refused" && (
        <Text size="sm" className="tt-warn">
          {title} says: {ip.words}
        </Text>
      )}
      {ip.address && (!isSandbox || ip.preflight === "refused") && (
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            Allow this address at {title}
          </Text>
          <CopyField value={ip.address} label={`Outgoing IP address for ${title}`} />
        </div>
      )}
      {!isSandbox && !ip.address && ip.preflight !== "taken" && (
        <Text size="sm" c="dimmed">
          This server is behind a router and does not know its address on the internet. Ask your provider, or
          run <code>curl https://ifconfig.me</code> on the server.
        </Text>
      )}
      {isSandbox ? (
        <Text size="sm">
          The sandbox takes orders from everywhere, until addresses are registered with it at its admin door.
        </Text>
      ) : (
        <Text size="sm">{ip.where}</Text>
      )}
      <Text size="sm" c="dimmed">
        {isSandbox ? "" : `${ip.rule} `}
        {triedWords(row)}
      </Text>
    </Stack>
  )
}

/** When the address was tried, and when it will be again. */
function triedWords({ ip, session }: BrokerRow): string {
  if (!ip.checked_at)
    return "After each login the server tries it, by cancelling an order that does not exist."
  const tried = `Tried ${instant(ip.checked_at)}, by cancelling an order that does not exist.`
  if (ip.preflight === "refused" && session.connected)
    return `${tried} It is tried again every minute while you are signed in.`
  return `${tried} It is tried again after the next login, and an order that is refused for its address counts at once.`
}

function TryAgain({ row }: { row: BrokerRow }) {
  const client = useQueryClient()
  const trying = useMutation({
    mutationFn: () => brokerCalls.checkAddress(row.name),
    onSuccess: () => client.invalidateQueries({ queryKey: brokersQuery.queryKey }),
    onError: (error) => notifyFailure(`${row.title} was not asked`, error),
  })
  return (
    <Button size="compact-sm" variant="default" loading={trying.isPending} onClick={() => trying.mutate()}>
      Try the address now
    </Button>
  )
}
