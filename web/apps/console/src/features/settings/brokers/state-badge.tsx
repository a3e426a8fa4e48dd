import { Badge } from "@mantine/core"
import type { ConnectionState } from "@/lib/brokers/state"

const WORDS: Record<ConnectionState, { text: string; color: string }> = {
  not_configured: { text: "Not set up", color: "gray" },
  configured: { text: "Signed out", color: "gray" },
  connected: { text: "Connected", color: "green" },
  ending: { text: "Session ending", color: "yellow" },
  expired: { text: "Session expired", color: "yellow" },
  error: { text: "Error", color: "red" },
}

export function StateBadge({ state }: { state: ConnectionState }) {
  const { text, color } = WORDS[state]
  return <Badge color={color}>{text}</Badge>
}
