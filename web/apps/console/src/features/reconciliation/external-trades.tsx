import { Table } from "@mantine/core"
import { Quantity } from "@tradertape/ui/components/amount.tsx"
import { date, number, unitPrice } from "@tradertape/ui/format.ts"
import { symbolOf } from "@/lib/instrument"
import type { Difference } from "@/lib/queries/reconciliation"

const MOST = 10

/** Trades of an uploaded tradebook that make up a difference, the latest ones where there are many. */
export function ExternalTrades({ item }: { item: Difference }) {
  const trades = item.trades ?? []
  if (trades.length === 0) return null
  const shown = trades.slice(-MOST)
  return (
    <Table
      maw={460}
      mb={8}
      fz={13}
      aria-label={`Uploaded trades of ${symbolOf(item.instrument)}`}
      verticalSpacing={2}
    >
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Traded</Table.Th>
          <Table.Th>Side</Table.Th>
          <Table.Th ta="right">Units</Table.Th>
          <Table.Th ta="right">Price</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {shown.map((one) => (
          <Table.Tr key={one.key}>
            <Table.Td>{date(one.traded_on)}</Table.Td>
            <Table.Td>{one.side === "BUY" ? "Bought" : "Sold"}</Table.Td>
            <Table.Td ta="right" className="tt-num">
              <Quantity value={one.quantity} />
            </Table.Td>
            <Table.Td ta="right" className="tt-num">
              {unitPrice(one.price)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
      {trades.length > MOST && (
        <Table.Caption>
          The latest {MOST} of {number(trades.length)} trades
        </Table.Caption>
      )}
    </Table>
  )
}
