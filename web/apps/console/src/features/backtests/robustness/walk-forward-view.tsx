import { Stack, Table } from "@mantine/core"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { date, moneyShort, number, percent } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import type { Figures, WalkForwardResult } from "@/lib/queries/studies"
import layout from "../shared/layout.module.css"

function figure(figures: Figures, key: string): number | null {
  const value = figures[key]
  return typeof value === "number" ? value : null
}

/** Results of the optimised values on unseen periods. */
export function WalkForwardView({
  result,
  name,
}: {
  result: WalkForwardResult
  name: (key: string) => string
}) {
  const tokens = useTokens()
  const curves = useMemo(
    () => [
      {
        label: "Out of sample",
        color: tokens.accent,
        points: result.equity_curve.map(({ date: day, equity }) => ({ date: day, value: equity })),
      },
    ],
    [result, tokens],
  )
  return (
    <Stack gap="md">
      <dl className={layout.stats}>
        <Stat label="CAGR out of sample" value={<Delta value={result.out_of_sample.cagr} />} />
        <Stat label="CAGR in sample" value={<Delta value={result.in_sample_cagr} />} />
        <Stat
          label="Efficiency"
          hint="Growth out of sample over growth in sample. Below 0.5 the optimised values did not generalise."
          value={number(result.efficiency, 2)}
        />
        <Stat label="Profitable windows" value={percent(result.out_of_sample.profitable_windows_pct, 0)} />
      </dl>
      <CurvesChart curves={curves} height={260} format={moneyShort} label="Equity out of sample" />
      <ScrollRegion label="Windows, table" isRepeated style={{ overflowX: "auto" }}>
        <Table miw={640}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Test period</Table.Th>
              <Table.Th>Values</Table.Th>
              <Table.Th ta="right">In-sample CAGR</Table.Th>
              <Table.Th ta="right">Out-of-sample return</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {result.windows.map((row) => (
              <Table.Tr key={row.test_start}>
                <Table.Td>
                  {date(row.test_start)} to {date(row.test_end)}
                </Table.Td>
                <Table.Td>
                  {Object.entries(row.parameters)
                    .map(([key, value]) => `${name(key)} ${String(value)}`)
                    .join(", ")}
                </Table.Td>
                <Table.Td ta="right">
                  <Delta value={figure(row.in_sample, "cagr")} />
                </Table.Td>
                <Table.Td ta="right">
                  <Delta value={figure(row.out_of_sample, "total_return")} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
    </Stack>
  )
}
