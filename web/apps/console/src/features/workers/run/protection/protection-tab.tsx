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

/** The levels on the chart, and the rules behind them to change. */
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
            Once the run holds something or protects it, its candles stand here with a line at every level.
          </EmptyState>
        </Section>
      )}
      <StepsSection
        steps={live.steps}
        isOver={isOver}
        note="The nearest rule first, at the prices of now. The server acts on it, also when the worker is gone."
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
