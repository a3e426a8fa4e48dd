import { Text } from "@mantine/core"
import { Section } from "@/components/page/section"
import type { RunPage } from "@/lib/queries/workers"
import { bandWords, controlsOf, plainRisk, type RiskControl } from "./controls"
import { RiskForm } from "./risk-form"
import { RiskState } from "./risk-state"

/** Controls of the worker that can be changed while it runs. */
export function RiskTab({ page }: { page: RunPage }) {
  const risk = plainRisk(page.risk)
  const controls = controlsOf(page.risk_schema as unknown as RiskControl[], risk, page.limits)
  const mayEdit = page.allowed_actions.includes("edit_risk") && page.card.status !== "closed"
  return (
    <Section title="Risk controls" note={<RiskState page={page} />}>
      {page.risk_schema.length === 0 && (
        <Text size="sm" c="dimmed" mb="sm">
          A worker that creates its run with a risk_schema gets a form of its own here: each control with its
          type, range and help.
        </Text>
      )}
      {page.risk_schema.length > 0 && (
        <Text size="sm" c="dimmed" mb="sm">
          Price band: {bandWords(page.limits)}
        </Text>
      )}
      {!mayEdit && (
        <Text size="sm" c="dimmed" mb="sm">
          The controls cannot be changed: the run is closed, or its worker did not allow edit_risk.
        </Text>
      )}
      <RiskForm
        key={page.risk_changed_at ?? ""}
        id={page.card.strategy_run_id}
        controls={controls}
        risk={risk}
        mayEdit={mayEdit}
      />
    </Section>
  )
}
