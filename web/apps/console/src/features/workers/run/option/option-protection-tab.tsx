import { Badge, Skeleton, Stack } from "@mantine/core"
import { discreet } from "@tradertape/ui/format.ts"
import { useState } from "react"
import type { OptionProtectionDocument, OptionState } from "@/lib/queries/option-runs"
import type { RunLive } from "@/lib/queries/workers"
import { ProtectionBadge } from "../../badges"
import { StepsSection } from "../protection/steps-section"
import { OptionProtectionForm } from "./option-protection-form"
import { profitWords } from "./premium-section"
import { ReplaySection } from "./replay-section"

/** The next actions of the protection, its rules, and their replay. */
export function OptionProtectionTab({ state, live }: { state: OptionState | undefined; live: RunLive }) {
  const [tried, setTried] = useState<OptionProtectionDocument | null | undefined>(undefined)
  if (!state) return <Skeleton height={420} />
  const { protection } = state
  const isOver = state.closed_at !== null
  return (
    <Stack gap="md">
      <StepsSection
        isOption
        isOver={isOver}
        steps={live.steps}
        note={
          protection.waits_for_entry
            ? "The rules below are armed at the fill prices as soon as the legs are filled."
            : `${profitWords(state)} Checked by the server on every tick; the rule closest to acting is first.`
        }
      />
      <OptionProtectionForm
        key={protection.generation}
        id={state.strategy_run_id}
        document={protection.protection}
        chips={
          <>
            {protection.waits_for_entry ? (
              <Badge color="gray">Pending entry</Badge>
            ) : (
              <ProtectionBadge status={protection.status} isOver={isOver} />
            )}{" "}
            <Badge color="gray">Generation {protection.generation}</Badge>
          </>
        }
        note={
          protection.reason
            ? `Last: ${discreet(protection.reason)}`
            : "A limit on the strategy closes all legs."
        }
        isOver={isOver || state.status === "exiting"}
        onTry={setTried}
      />
      <ReplaySection
        id={state.strategy_run_id}
        hasEntry={state.premium !== null}
        hasProtection={protection.protection !== null}
        tried={tried}
        onSaved={() => setTried(null)}
      />
    </Stack>
  )
}
