import { Badge, Button, Group, Skeleton, Table, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { age, date } from "@tradertape/ui/format.ts"
import { Plus } from "lucide-react"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { accountCalls, type KeyRow, keysQuery } from "@/lib/queries/account"
import { useNow } from "@/lib/use-now"
import type { KeysProps } from "./keys-props"
import { NewKeyDialog } from "./new-key-dialog"
import { scopeLabel } from "./scope-words"

/** Keys of one kind: scopes, last use and expiry. */
export function KeysSection(props: KeysProps) {
  const { kind, title, note, noun } = props
  const { data, error, isPending, refetch } = useQuery(keysQuery(kind))
  const client = useQueryClient()
  const [isCreating, setCreating] = useState(false)
  const [selected, setSelected] = useState<KeyRow | null>(null)
  const revoking = useMutation({
    mutationFn: (id: number) => accountCalls.revokeKey(kind, id),
    onSuccess: () => {
      notifyDone(`The ${noun} is revoked`)
      return client.invalidateQueries({ queryKey: keysQuery(kind).queryKey })
    },
    onError: (failure) => notifyFailure("The key was not revoked", failure),
    onSettled: () => setSelected(null),
  })
  if (isPending) return <Skeleton height={140} />
  if (error && !data) return <ErrorState error={error} what={`Your ${noun}s`} retry={refetch} />
  return (
    <Section
      title={title}
      note={note}
      flush
      action={
        <Button variant="default" leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
          New {noun}
        </Button>
      }
    >
      {data.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None yet. A new key is shown once; afterwards only its prefix is visible.
        </Text>
      ) : (
        <KeyTable rows={data} onRevoke={setSelected} />
      )}
      <NewKeyDialog {...props} opened={isCreating} onClose={() => setCreating(false)} />
      <Confirm
        opened={selected !== null}
        onClose={() => setSelected(null)}
        title={`Revoke “${selected?.label ?? ""}”?`}
        verb="Revoke"
        isBusy={revoking.isPending}
        onConfirm={() => selected && revoking.mutate(selected.id)}
      >
        It stops working immediately and permanently. Programs that use it need a new one.
      </Confirm>
    </Section>
  )
}

function KeyTable({ rows, onRevoke }: { rows: KeyRow[]; onRevoke: (row: KeyRow) => void }) {
  const now = useNow()
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.id}>
              <Table.Td>
                {row.label}
                <Text size="xs" c="dimmed" ff="monospace">
                  {row.prefix}…
                </Text>
              </Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {row.scopes.map((scope) => (
                    <Badge key={scope} color="gray" title={scope}>
                      {scopeLabel(scope)}
                    </Badge>
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>
                <Text size="xs" c="dimmed">
                  {row.last_used_at ? `used ${age(row.last_used_at, now)}` : "never used"}
                  <br />
                  {row.expires_at ? `expires ${date(row.expires_at)}` : "no expiry"}
                </Text>
              </Table.Td>
              <Table.Td ta="right" className="tt-pinned">
                <Button variant="subtle" color="red" size="compact-xs" onClick={() => onRevoke(row)}>
                  Revoke
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
