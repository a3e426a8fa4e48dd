import { Anchor, Stack, Text } from "@mantine/core"
import { Database } from "lucide-react"
import { CodeBlock } from "../copy/code-block"
import { EmptyState } from "./empty-state"

const WAYS = [
  {
    label: "Real prices, downloaded",
    code: "tradertape data fetch --source yahoo --universe nifty_100 --from 2015-01-01",
  },
  { label: "Your own files", code: "tradertape data import prices.csv --data-set mine --basis split" },
  { label: "A simulated market, without a download", code: "tradertape serve --demo" },
]

/** Shown where prices are needed and no data set exists: how to get one. */
export function NoMarketData() {
  return (
    <>
      <EmptyState icon={<Database size={32} />} title="No market data yet">
        Backtests and signals need daily prices. Run one of these commands in a terminal on the machine of the
        server, then reload this page.
      </EmptyState>
      <Stack gap="sm" maw={720} mx="auto">
        {WAYS.map(({ label, code }) => (
          <div key={label}>
            <Text size="sm" fw={550} mb={4}>
              {label}
            </Text>
            <CodeBlock code={code} label={label} />
          </div>
        ))}
        <Text size="sm" c="dimmed">
          All sources and file formats:{" "}
          <Anchor href="/docs/data/" underline="always">
            Market data
          </Anchor>{" "}
          in the documentation.
        </Text>
      </Stack>
    </>
  )
}
