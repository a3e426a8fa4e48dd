import { Badge, Button, Skeleton, Table, Text } from "@mantine/core"
import { useMutation, useQuery } from "@tanstack/react-query"
import { instant } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type Strategy, strategyCalls, versionsQuery } from "@/lib/queries/strategies"
import type { StrategyEditor } from "../state/use-strategy-editor"

interface Props {
  strategy: Strategy
  editor: StrategyEditor
}

/** All saved versions; an earlier one can be restored as the next version. */
export function Versions({ strategy, editor }: Props) {
  const { data, error, isPending, refetch } = useQuery(versionsQuery(strategy.id))
  const restoring = useMutation({
    mutationFn: (version: number) => strategyCalls.restore(strategy.id, version),
    onSuccess: (restored) => {
      editor.adopt(restored)
      notifyDone(`Restored as version ${restored.version}`)
    },
    onError: (failure) => notifyFailure("The version was not restored", failure),
  })
  if (isPending) return <Skeleton height={220} />
  if (error) return <ErrorState error={error} what="The versions" retry={refetch} />
  return (
    <Section
      title="Versions"
      note="Every save creates a version. Backtests keep the version they used."
      flush
    >
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={90}>Version</Table.Th>
            <Table.Th>Saved</Table.Th>
            <Table.Th>Name</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.map((row) => (
            <Table.Tr key={row.version}>
              <Table.Td>v{row.version}</Table.Td>
              <Table.Td miw={112}>{instant(row.created_at)}</Table.Td>
              <Table.Td>
                {row.name}{" "}
                <Text span size="xs" c="dimmed">
                  {row.note}
                </Text>
              </Table.Td>
              <Table.Td ta="right">
                {row.is_current ? (
                  <Badge>Current</Badge>
                ) : (
                  strategy.is_mine && (
                    <Button
                      variant="default"
                      size="compact-xs"
                      loading={restoring.isPending && restoring.variables === row.version}
                      onClick={() => restoring.mutate(row.version)}
                    >
                      Restore
                    </Button>
                  )
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  )
}
