import { Button, Code, CopyButton, Group, Text } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { date, duration, money, words } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import layout from "../../shared/layout.module.css"

function text(key: string, value: unknown): string {
  if (value === null || value === undefined) return "–"
  if (key === "starting_capital" && typeof value === "number") return money(value, 0)
  if (key.endsWith("_date")) return date(String(value))
  if (typeof value === "boolean") return value ? "yes" : "no"
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** Everything needed to reproduce the run exactly. */
export function ConfigTab({ run }: { run: Run }) {
  const origin = [
    ["Run", run.run_id],
    ["Data set", run.data_set],
    ["Data version", run.data_version],
    ["Engine", run.engine_version],
    ["Hash", run.hash],
    ["Took", duration(run.took_ms)],
  ]
  const document = JSON.stringify(run.strategy_snapshot, null, 2)
  return (
    <div className={layout.two}>
      <div className={layout.stack}>
        <Section title="Settings">
          <dl className={layout.pairs}>
            {Object.entries(run.config).map(([key, value]) => (
              <div key={key}>
                <dt>{words(key)}</dt>
                <dd className={key === "starting_capital" ? "tt-amount" : undefined}>{text(key, value)}</dd>
              </div>
            ))}
          </dl>
        </Section>
        <Section
          title="Reproducibility"
          note="The same strategy, settings, data and engine give the same hash and the same result."
        >
          <dl className={layout.pairs}>
            {origin.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </Section>
      </div>
      <Section
        title="Strategy snapshot"
        action={
          <CopyButton value={document}>
            {({ copied, copy }) => (
              <Button variant="default" size="compact-xs" onClick={copy}>
                {copied ? "Copied" : "Copy JSON"}
              </Button>
            )}
          </CopyButton>
        }
      >
        <Group mb={8}>
          <Text size="xs" c="dimmed">
            Stored with the run; later edits do not change it.
          </Text>
        </Group>
        <Code block mah={620} style={{ overflow: "auto" }} tabIndex={0}>
          {document}
        </Code>
      </Section>
    </div>
  )
}
