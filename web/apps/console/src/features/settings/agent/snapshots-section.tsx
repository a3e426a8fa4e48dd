import { Alert, Badge, Group, Table, Text } from "@mantine/core"
import { age } from "@tradertape/ui/format.ts"
import { EyeOff } from "lucide-react"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import type { AgentsPage } from "@/lib/queries/agents"
import { useNow } from "@/lib/use-now"
import { driftOf } from "./agent-words"

/** What the agents last sent of each broker, with what their comparison came to. */
export function SnapshotsSection({ page }: { page: AgentsPage }) {
  const now = useNow()
  return (
    <Section title="Last sync" note="Drift is found and shown, and never corrected by itself." flush>
      {page.warnings.map((warning) => (
        <Alert key={warning.code} color="yellow" variant="light" mx="md" mb="sm">
          {warning.detail}
        </Alert>
      ))}
      <ScrollRegion label="Last sync, table" style={{ overflowX: "auto" }}>
        <Table miw={460}>
          <Table.Tbody>
            {page.snapshots.map((snapshot) => {
              const drift = driftOf(snapshot)
              return (
                <Table.Tr key={`${snapshot.kind} ${snapshot.broker}`}>
                  <Table.Td>
                    {snapshot.broker}, {snapshot.kind}
                    <Text size="xs" c="dimmed">
                      {age(snapshot.as_of, now)}, by {snapshot.instance}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Group gap={6}>
                      {snapshot.rows} rows
                      {snapshot.scaled && (
                        <Badge color="gray" leftSection={<EyeOff size={11} aria-hidden />}>
                          scaled
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td ta="right">
                    {snapshot.kind === "holdings" && <Badge color={drift.tone}>{drift.text}</Badge>}
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
    </Section>
  )
}
