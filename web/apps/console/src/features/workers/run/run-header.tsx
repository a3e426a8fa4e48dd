import { Badge, Button, Tooltip } from "@mantine/core"
import { age, words } from "@tradertape/ui/format.ts"
import { LogOut } from "lucide-react"
import { useState } from "react"
import { PageHeader } from "@/components/page/page-header"
import type { RunLive, RunPage } from "@/lib/queries/workers"
import { useNow } from "@/lib/use-now"
import { AttentionBadges, Health, ModeBadge, StatusBadge } from "../badges"
import { marketOf } from "../words"
import { ExitDialog } from "./exit-dialog"

const CRUMBS = [{ label: "Workers", to: "/workers" }]

export function RunHeader({ page, live }: { page: RunPage; live: RunLive }) {
  const { card } = page
  const { pulse } = live
  const now = useNow()
  const [isExiting, setExiting] = useState(false)
  const mayExit = page.allowed_actions.includes("exit_strategy")
  const isOver = pulse.status === "closed"
  return (
    <>
      <PageHeader
        title={card.name}
        crumbs={CRUMBS}
        chips={
          <>
            <ModeBadge market={marketOf(card)} />
            <StatusBadge status={pulse.status} />
            {card.is_option_run && <Badge color="gray">Options</Badge>}
            <Health pulse={pulse} />
            <AttentionBadges pulse={pulse} />
          </>
        }
        note={
          <>
            {card.strategy_run_id} on {card.account_scope}, created {age(card.created_at, now)}
            {card.closed_at && `, closed ${age(card.closed_at, now)}`}
            {pulse.status_reason && `. ${words(pulse.status)}: ${pulse.status_reason}`}
          </>
        }
        action={
          !isOver && (
            <Tooltip
              label="The worker did not allow manual exits; the kill switch still works."
              disabled={mayExit}
            >
              <Button
                color="red"
                variant="light"
                leftSection={<LogOut size={14} />}
                data-disabled={!mayExit || undefined}
                onClick={() => mayExit && setExiting(true)}
              >
                Exit run
              </Button>
            </Tooltip>
          )
        }
      />
      {isExiting && <ExitDialog card={card} onClose={() => setExiting(false)} />}
    </>
  )
}
