import { Alert, Table } from "@mantine/core"
import { count, date, words } from "@tradertape/ui/format.ts"
import { ShieldCheck, TriangleAlert } from "lucide-react"
import type { LookaheadResult } from "@/lib/queries/studies"

export function LookaheadView({ result }: { result: LookaheadResult }) {
  const cuts = count(result.checked.length, "date")
  if (result.passed) {
    return (
      <Alert color="green" variant="light" icon={<ShieldCheck size={18} />} title="No look-ahead">
        With later data removed at {cuts}, every decision stayed the same.
      </Alert>
    )
  }
  return (
    <>
      <Alert color="red" variant="light" icon={<TriangleAlert size={18} />} title="Decisions changed" mb="sm">
        With later data removed at {cuts}, these decisions changed: a rule uses prices that were not yet
        known.
      </Alert>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Cut at</Table.Th>
            <Table.Th>Decision</Table.Th>
            <Table.Th>Day</Table.Th>
            <Table.Th>Stock</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {result.differences.slice(0, 50).map((row) => (
            <Table.Tr key={`${row.cut} ${row.kind} ${row.date} ${row.symbol}`}>
              <Table.Td>{date(row.cut)}</Table.Td>
              <Table.Td>{words(row.kind)}</Table.Td>
              <Table.Td>{date(row.date)}</Table.Td>
              <Table.Td>{row.symbol}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  )
}
