import { Text } from "@mantine/core"
import { age, instant, words } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import type { RunLive, RunPage, SummaryField } from "@/lib/queries/workers"
import { useNow } from "@/lib/use-now"
import { CLOSED, furtherMetrics, healthWords, stepWords, summaryTone, summaryValue } from "../words"
import classes from "./run.module.css"

/** Summary fields of the worker, its liveness, and the next actions of the protection. */
export function SummarySection({ page, live }: { page: RunPage; live: RunLive }) {
  const now = useNow(5_000)
  const fields = live.pulse.summary_fields as unknown as (SummaryField & { path?: string })[]
  const metrics = furtherMetrics(fields, (page.heartbeat?.metrics ?? {}) as Record<string, unknown>)
  return (
    <Section title="Summary">
      <dl className={classes.facts} data-live>
        {fields.map((field) => (
          <Fact
            key={field.key}
            name={field.label ?? words(field.key)}
            value={summaryValue(field)}
            tone={summaryTone(field)}
          />
        ))}
        <Fact name="Worker" value={healthWords(live.pulse).text} />
        <Fact name="Session" value={words(live.pulse.health.session_status)} />
        {page.last_heartbeat_at && (
          <Fact
            name="Last heartbeat"
            value={`${instant(page.last_heartbeat_at)}, ${age(page.last_heartbeat_at, now)}`}
          />
        )}
        {metrics.map(([key, value]) => (
          <Fact key={key} name={words(key)} value={summaryValue({ key, value, format: "text" })} />
        ))}
      </dl>
      <Text size="sm" fw={600} mt="md" mb={4}>
        Next actions
      </Text>
      {live.steps.length === 0 ? (
        <Text size="sm" c="dimmed">
          {live.pulse.status === "closed"
            ? `${CLOSED}.`
            : page.protection
              ? "Its protection has no open position to protect."
              : "This run has no protection."}
        </Text>
      ) : (
        <div data-live>
          {live.steps.slice(0, 6).map((step) => (
            <Text key={`${step.rule} ${step.instrument ?? ""}`} size="sm">
              {stepWords(step)}
            </Text>
          ))}
        </div>
      )}
    </Section>
  )
}

function Fact({ name, value, tone }: { name: string; value: string; tone?: string | undefined }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className={tone ? `tt-num ${tone}` : "tt-num"}>{value}</dd>
    </>
  )
}
