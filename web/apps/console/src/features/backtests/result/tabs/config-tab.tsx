import { Button, Code, CopyButton, Group, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { Run } from "@tradertape/api/backtest.ts"
import { duration } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { optionsQuery } from "@/lib/queries/backtests"
import layout from "../../shared/layout.module.css"
import { settingName, settingText } from "../../shared/settings"

/** Everything needed to reproduce the run exactly. */
export function ConfigTab({ run }: { run: Run }) {
  const options = useQuery(optionsQuery)
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
                <dt>{settingName(key)}</dt>
                <dd>{settingText(key, value, options.data)}</dd>
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
