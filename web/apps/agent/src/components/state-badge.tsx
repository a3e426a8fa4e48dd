import { Badge } from "@mantine/core"
import type { Broker } from "@/lib/types"

const STATES: Record<Broker["state"], { text: string; color: string }> = {
  connected: { text: "Connected", color: "green" },
  signed_out: { text: "Not logged in", color: "yellow" },
  expired: { text: "Session over", color: "yellow" },
  unreachable: { text: "Does not answer", color: "red" },
}

/** Whether a broker takes requests. */
export function StateBadge({ state }: { state: Broker["state"] }) {
  const { text, color } = STATES[state]
  return <Badge color={color}>{text}</Badge>
}
