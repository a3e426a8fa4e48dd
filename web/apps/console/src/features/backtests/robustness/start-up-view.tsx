import { Alert, Stack, Table, Text } from "@mantine/core"
import { number, percent } from "@tradertape/ui/format.ts"
import { ShieldCheck, TriangleAlert } from "lucide-react"
import { useMemo } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import type { StartUpResult, StartUpRow } from "@/lib/queries/studies"
import { barsNeeded, isSettled, NOTICEABLE_PCT, startUpTable } from "./start-up"

/** How much history the indicators need before their values are stable. */
export function StartUpView({ result }: { result: StartUpResult }) {
  const table = useMemo(() => startUpTable(result.rows), [result])
  const needed = barsNeeded(table)
  const isEnough = needed !== null
  return (
    <Stack gap="sm">
      <Alert
        color={isEnough ? "green" : "yellow"}
        variant="light"
        icon={isEnough ? <ShieldCheck size={18} /> : <TriangleAlert size={18} />}
        title={isEnough ? `${number(needed)} bars of history are enough` : "The tested history is too short"}
      >
        {isEnough
          ? `With this many bars or more, every indicator is within ${percent(NOTICEABLE_PCT, 0)} of its value with full history.`
          : "Some indicators still change with more history: their first values are unreliable."}
      </Alert>
      <Text size="xs" c="dimmed">
        Largest difference among the stocks with only this many bars before the last day.
      </Text>
      <ScrollRegion label="Indicators, table" isRepeated style={{ overflowX: "auto" }}>
        <Table miw={560}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Indicator</Table.Th>
              {table.bars.map((bars) => (
                <Table.Th key={bars} ta="right">
                  {number(bars)} bars
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {table.lines.map(({ indicator, cells }) => (
              <Table.Tr key={indicator}>
                <Table.Td>{indicator}</Table.Td>
                {cells.map((cell, i) => (
                  <Table.Td key={table.bars[i]} ta="right" c={isSettled(cell) ? undefined : "var(--tt-warn)"}>
                    {cellText(cell)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
    </Stack>
  )
}

function cellText(cell: StartUpRow | undefined): string {
  if (!cell || cell.max_difference_pct === null) return "no value"
  const difference = percent(cell.max_difference_pct, 2)
  return cell.undefined > 0 ? `${difference}, ${number(cell.undefined)} without a value` : difference
}
