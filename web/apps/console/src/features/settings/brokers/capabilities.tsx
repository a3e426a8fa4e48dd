import { Table } from "@mantine/core"
import type { BrokerCapabilities } from "@/lib/queries/brokers"
import { capabilityRows } from "./capability-words"

/** What a broker can do, in words. */
export function Capabilities({ can, title }: { can: BrokerCapabilities; title: string }) {
  return (
    <Table aria-label={`What ${title} can do`} verticalSpacing={4}>
      <Table.Tbody>
        {capabilityRows(can).map(([what, text]) => (
          <Table.Tr key={what}>
            <Table.Th scope="row" fw={500} c="dimmed" style={{ whiteSpace: "nowrap", verticalAlign: "top" }}>
              {what}
            </Table.Th>
            <Table.Td>{text}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
