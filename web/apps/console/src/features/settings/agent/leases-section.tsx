import { Badge, Button, Table, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { age } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Section } from "@/components/page/section"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type AgentLease, agentCalls, agentsQuery } from "@/lib/queries/agents"
import { useNow } from "@/lib/use-now"

/** Signals that an agent was handed and has not reported on. */
export function LeasesSection({ leases }: { leases: AgentLease[] }) {
  const now = useNow()
  const client = useQueryClient()
  const [selected, setSelected] = useState<AgentLease | null>(null)
  const releasing = useMutation({
    mutationFn: (id: number) => agentCalls.release(id),
    onSuccess: () => notifyDone("The signal can be tried again"),
    onError: (failure) => notifyFailure("The signal was not released", failure),
    onSettled: () => {
      setSelected(null)
      return client.invalidateQueries({ queryKey: agentsQuery.queryKey })
    },
  })
  return (
    <Section title="With an agent" note="Handed out, and not reported yet. Nobody else places these." flush>
      <ScrollRegion label="Signals with an agent, table" style={{ overflowX: "auto" }}>
        <Table miw={460}>
          <Table.Tbody>
            {leases.map((lease) => (
              <Table.Tr key={lease.id}>
                <Table.Td>
                  {lease.side === "BUY" ? "Buy" : "Sell"} {lease.symbol}
                  <Text size="xs" c="dimmed">
                    {lease.instance}, since {age(lease.leased_at, now)}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Badge color={lease.overdue ? "yellow" : "green"}>
                    {lease.overdue ? "no report" : "in hand"}
                  </Badge>
                </Table.Td>
                <Table.Td ta="right">
                  {lease.overdue && (
                    <Button variant="subtle" size="compact-xs" onClick={() => setSelected(lease)}>
                      Release
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollRegion>
      <Confirm
        opened={selected !== null}
        onClose={() => setSelected(null)}
        title={`Release ${selected?.symbol ?? ""}?`}
        verb="It was not sent"
        isBusy={releasing.isPending}
        onConfirm={() => selected && releasing.mutate(selected.id)}
      >
        The agent went silent and may have sent this order. Look at the orders and triggers in your broker’s
        own app first, and stop that agent. Release it only if the order is not there.
      </Confirm>
    </Section>
  )
}
