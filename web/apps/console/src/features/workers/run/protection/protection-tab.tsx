import { Badge, Stack } from "@mantine/core"
import { CandlestickChart } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { ProtectionSnapshot, RunLive, RunPage } from "@/lib/queries/workers"
import { ProtectionBadge } from "../../badges"
import { chartedInstruments } from "./levels"
import { LevelsSection } from "./levels-section"
import { ProtectionForm } from "./protection-form"
import { StepsSection } from "./steps-section"

/** The protection levels on a chart, and the form to change the rules. */
export function ProtectionTab({ page, live }: { page: RunPage; live: RunLive }) {
  const protection = page.protection as unknown as ProtectionSnapshot | null
  const names = chartedInstruments(protection, live.legs)
  const isOver = live.pulse.status === "closed"
  const chips = (
    <>
      <ProtectionBadge status={live.pulse.protection_status} isOver={isOver} />{" "}
      {protection && <Badge color="gray">Generation {protection.generation}</Badge>}
    </>
  )
  return (
    <Stack gap="md">
      {names.length > 0 ? (
        <LevelsSection names={names} protection={protection} live={live} />
      ) : (
        <Section title="Levels">
          <EmptyState icon={<CandlestickChart size={28} />} title="No instrument to chart yet">
            Once the run has or protects a position, its chart appears here with a line at every level.
          </EmptyState>
        </Section>
      )}
      <StepsSection
        steps={live.steps}
        isOver={isOver}
        note="At current prices, the rule closest to acting first. The server acts even without a running worker."
      />
      <ProtectionForm
        key={protection?.generation ?? 0}
        id={page.card.strategy_run_id}
        protection={protection}
        chips={chips}
        legs={live.legs}
        isOver={isOver}
      />
    </Stack>
  )
}
