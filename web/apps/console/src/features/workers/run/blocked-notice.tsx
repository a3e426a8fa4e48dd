import { Alert, Anchor, Text } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { CircleSlash } from "lucide-react"
import type { RunLive, RunPage } from "@/lib/queries/workers"
import { reasonParts } from "../words"

/** Why the run cannot open positions now, in the server's words. */
export function BlockedNotice({ page, live }: { page: RunPage; live: RunLive }) {
  const { status, protection_status } = live.pulse
  const id = page.card.strategy_run_id
  if (page.can_trade || page.card.status === "closed") return null
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<CircleSlash size={18} />}
      title="New entries are blocked. Exits are still allowed."
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
      {status === "halted" && protection_status === "done" && (
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/workers/$id" params={{ id }} search={{ tab: "protection" }} {...props} />
          )}
        >
          Arm a new protection to allow entries again
        </Anchor>
      )}
    </Alert>
  )
}
