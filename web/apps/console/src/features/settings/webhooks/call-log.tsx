import { Skeleton, Table, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { moment, sentence } from "@tradertape/ui/format.ts"
import { ScrollRegion } from "@/components/page/scroll-region"
import { ErrorState } from "@/components/states/error-state"
import { type Hook, hookCallsQuery } from "@/lib/queries/notifications"

/** The last alerts of a webhook, and what became of each. */
export function CallLog({ hook }: { hook: Hook }) {
  const { data, error, isPending, refetch } = useQuery(hookCallsQuery(hook.id))
  if (isPending) return <Skeleton height={80} m="md" />
  if (error && !data) return <ErrorState error={error} what="The alerts" retry={refetch} />
  if (data.length === 0)
    return (
      <Text size="sm" c="dimmed" px="md" pb="md">
        No alert was received yet.
      </Text>
    )
  return (
    <ScrollRegion label={`Alerts of ${hook.name}, table`} style={{ overflowX: "auto" }}>
      <Table miw={480}>
        <Table.Tbody>
          {data.map((call) => (
            <Table.Tr key={call.id}>
              <Table.Td style={{ whiteSpace: "nowrap" }}>{moment(call.at)}</Table.Td>
              <Table.Td>{call.symbols.join(", ")}</Table.Td>
              <Table.Td>
                {sentence(call.outcome)}
                <Text size="xs" c="dimmed">
                  {call.detail}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollRegion>
  )
}
