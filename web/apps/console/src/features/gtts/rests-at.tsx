import { Badge, Button, Text } from "@mantine/core"
import { age } from "@tradertape/ui/format.ts"
import { accountWords } from "@/lib/portfolio-account"
import type { Gtt } from "@/lib/queries/gtts"
import classes from "./gtts.module.css"

const ASKED = { place: "Placing", modify: "Changing", cancel: "Deleting" } as const

/** What a broker has not answered yet, or why it did not do what was asked last. */
export function stateOf(gtt: Gtt): { word: string; color: string } | null {
  const at = gtt.at_broker
  if (!at) return null
  if (at.in_doubt) return { word: "In doubt", color: "yellow" }
  if (at.is_ending) return { word: "Deleting", color: "blue" }
  if (at.asked) return { word: ASKED[at.asked as keyof typeof ASKED] ?? at.asked, color: "blue" }
  if (at.problem) return { word: "Not done", color: "yellow" }
  return null
}

/** Where a GTT rests: with this server or at the broker, there with its id, state and age. */
export function RestsAt({ gtt, onSettle }: { gtt: Gtt; onSettle?: (gtt: Gtt) => void }) {
  const at = gtt.at_broker
  if (!at) return <>{accountWords(gtt.account_scope)}, paper</>
  const state = stateOf(gtt)
  const since = at.asked_at ?? at.checked_at
  return (
    <div className={classes.rests}>
      <span>
        {gtt.account_scope} {state && <Badge color={state.color}>{state.word}</Badge>}{" "}
        {gtt.status === "in_doubt" && onSettle && (
          <Button size="compact-xs" variant="default" onClick={() => onSettle(gtt)}>
            Settle
          </Button>
        )}
      </span>
      <Text size="xs" c="dimmed" title={at.problem ?? undefined}>
        {at.broker_trigger_id ? `id ${at.broker_trigger_id}` : "no id yet"}
        {since && `, ${at.asked ? "asked" : "seen"} ${age(since, new Date())}`}
      </Text>
    </div>
  )
}
