import { Badge, Group, Stack, Text } from "@mantine/core"
import { instant } from "@tradertape/ui/format.ts"
import { CopyField } from "@/components/copy/copy-field"
import type { BrokerRow } from "@/lib/queries/brokers"

const RESULTS = {
  taken: { text: "Orders are taken from here", color: "green" },
  refused: { text: "Orders are refused from here", color: "red" },
  unknown: { text: "Not known yet", color: "gray" },
} as const

/** Which address the broker must know before it takes orders, and what it said of it after the login. */
export function IpPanel({ row }: { row: BrokerRow }) {
  const { ip, title } = row
  if (!ip.needs_registered_address) return <Text size="sm">The sandbox takes orders from any address.</Text>
  const { text, color } = RESULTS[ip.preflight]
  return (
    <Stack gap="xs">
      <Group gap={8}>
        <Text size="sm" fw={550}>
          Outgoing IP address
        </Text>
        <Badge color={color}>{text}</Badge>
      </Group>
      {ip.preflight === "refused" && (
        <Text size="sm" className="tt-warn">
          {title} says: {ip.words}
        </Text>
      )}
      {ip.address && (
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            Allow this address at {title}
          </Text>
          <CopyField value={ip.address} label={`Outgoing IP address for ${title}`} />
        </div>
      )}
      {!ip.address && ip.preflight !== "taken" && (
        <Text size="sm" c="dimmed">
          This server is behind a router and does not know its address on the internet. Ask your provider, or
          run <code>curl https://ifconfig.me</code> on the server.
        </Text>
      )}
      <Text size="sm">{ip.where}</Text>
      <Text size="sm" c="dimmed">
        {ip.rule}{" "}
        {ip.checked_at
          ? `Tried ${instant(ip.checked_at)}, by cancelling an order that does not exist.`
          : "After each login the server tries it, by cancelling an order that does not exist."}
      </Text>
    </Stack>
  )
}
