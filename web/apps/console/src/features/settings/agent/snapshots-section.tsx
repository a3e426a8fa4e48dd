import { Alert, Badge, Button, Group, Table, Text } from "@mantine/core"
import { age } from "@tradertape/ui/format.ts"
import { EyeOff } from "lucide-react"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import type { AgentSnapshot, AgentsPage } from "@/lib/queries/agents"
import { useNow } from "@/lib/use-now"
import { driftOf } from "./agent-words"
import { SnapshotRows } from "./snapshot-rows"

/** What the agents last sent of each broker, with what their comparison came to. */
export function SnapshotsSection({ page }: { page: AgentsPage }) {
  const now = useNow()
  const [shown, setShown] = useState<AgentSnapshot>()
  return (
    <Section title="Last sync" note="Drift is found and shown, and never corrected by itself." flush>
      {page.warnings.map((warning) => (
        <Alert key={warning.code} color="yellow" variant="light" mx="md" mb="sm">
          {warning.detail}
        </Alert>
      ))}
      <ScrollRegion label="Last sync, table" style={{ overflowX: "auto" }}>
        <Table miw={540}>
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
                      {!snapshot.sealed && `${snapshot.rows} rows`}
                      {snapshot.scaled && (
                        <Badge color="gray" miw={74} leftSection={<EyeOff size={11} aria-hidden />}>
                          {snapshot.sealed ? "sealed" : "scaled"}
                        </Badge>
                      )}
                    </Group>
                  </Table.Td>
                  <Table.Td ta="right">
                    {snapshot.kind === "holdings" && <Badge color={drift.tone}>{drift.text}</Badge>}
                  </Table.Td>
                  <Table.Td ta="right" w={90}>
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-label={`Show ${snapshot.kind} of ${snapshot.broker}`}
                      onClick={() => setShown(snapshot)}
                    >
                      Show
                    </Button>
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
      <Dialog
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown ? `${shown.broker}, ${shown.kind}` : ""}
        size="xl"
      >
        {shown && <SnapshotRows snapshot={shown} />}
      </Dialog>
    </Section>
  )
}
