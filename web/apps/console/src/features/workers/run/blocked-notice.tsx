import { Alert, Text } from "@mantine/core"
import { CircleSlash } from "lucide-react"
import type { RunPage } from "@/lib/queries/workers"
import { reasonParts } from "../words"

/** Why the run may not open anything now, in the server's own sentences. */
export function BlockedNotice({ page }: { page: RunPage }) {
  if (page.can_trade || page.card.status === "closed") return null
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<CircleSlash size={18} />}
      title="New entries are blocked. Exits still pass."
      aria-label="Why the run is blocked"
    >
      {page.blocking_reasons.map((reason) => {
        const { sentence, code } = reasonParts(reason)
        return (
          <Text key={reason} size="sm">
            {sentence}{" "}
            <Text component="span" size="xs" c="dimmed">
              {code}
            </Text>
          </Text>
        )
      })}
    </Alert>
  )
}
