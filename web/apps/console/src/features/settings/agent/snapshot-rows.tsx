import { Alert, Anchor, Button, Checkbox, Group, PasswordInput, Stack, Table, Text } from "@mantine/core"
import { useMutation, useQuery } from "@tanstack/react-query"
import { Amount, Quantity } from "@tradertape/ui/components/amount.tsx"
import { Masked } from "@tradertape/ui/components/masked.tsx"
import { moment } from "@tradertape/ui/format.ts"
import { type FormEvent, useState } from "react"
import { ScrollRegion } from "@/components/page/scroll-region"
import { Loaded } from "@/components/states/loaded"
import { type AgentSnapshot, type AgentSnapshotDetail, snapshotQuery } from "@/lib/queries/agents"
import { meQuery } from "@/lib/queries/auth"
import {
  bytesOfKey,
  canDecrypt,
  forgetKey,
  keepKey,
  keptKey,
  keyOf,
  type SealedDocument,
  unsealed,
} from "@/lib/seal-key"
import { rowsOf, type ShownRow } from "./snapshot-words"

/** What an agent sent of one broker, as it sent it; a sealed document is decrypted here. */
export function SnapshotRows({ snapshot }: { snapshot: AgentSnapshot }) {
  return (
    <Loaded query={useQuery(snapshotQuery(snapshot.id))} what="What your agent sent">
      {(found) =>
        found.document ? <Sealed found={found} document={found.document} /> : <Sent found={found} />
      }
    </Loaded>
  )
}

function Sent({ found }: { found: AgentSnapshotDetail }) {
  const { scaled, factor_id, as_of } = found.snapshot
  const note = found.weights
    ? "Percentages of the portfolio, rounded by your agent."
    : scaled
      ? `Quantities and amounts are scaled with the factor ${factor_id}: they are not shares and rupees.`
      : "As your broker told your agent."
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {note} {moment(as_of)}
      </Text>
      <Rows rows={rowsOf(found.items)} isReal={!scaled} isWeights={found.weights} />
    </Stack>
  )
}

function Sealed({ found, document }: { found: AgentSnapshotDetail; document: string }) {
  const { data: me } = useQuery(meQuery)
  const userId = me?.id ?? 0
  const factorId = found.snapshot.factor_id ?? ""
  const kept = useQuery({
    queryKey: ["sealed", userId, document],
    queryFn: async () => {
      const key = await keptKey(userId, factorId).catch(() => undefined)
      return key ? await unsealed(document, key).catch(() => null) : null
    },
    enabled: me !== undefined && canDecrypt(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const opening = useMutation({
    mutationFn: async ({ text, keeps }: { text: string; keeps: boolean }) => {
      const bytes = bytesOfKey(text)
      if (!bytes) throw new Error("This is not a seal key: it has 52 letters and digits in groups of five.")
      const key = await keyOf(bytes)
      const opened = await unsealed(document, key).catch(() => {
        throw new Error("This key does not open the document: it was sealed by another agent or factor.")
      })
      if (keeps) await keepKey(userId, factorId, key)
      return opened
    },
    gcTime: 0,
  })
  const opened = opening.data ?? kept.data
  if (!canDecrypt())
    return (
      <Alert color="yellow" variant="light" title="This page cannot decrypt">
        Browsers decrypt on pages with HTTPS and on localhost only. Open the console by such an address, or
        look at your agent's own page.
      </Alert>
    )
  if (!opened) return <KeyForm error={opening.error} isBusy={opening.isPending} onOpen={opening.mutate} />
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Real figures, decrypted in this browser. {moment(found.snapshot.as_of)}
        </Text>
        <Anchor
          component="button"
          size="sm"
          onClick={async () => {
            await forgetKey(userId, factorId)
            opening.reset()
            await kept.refetch()
          }}
        >
          Forget the key
        </Anchor>
      </Group>
      <Rows rows={rowsOf(opened.holdings ?? opened.positions ?? [])} isReal isWeights={false} />
      <Funds margins={opened.margins} />
    </Stack>
  )
}

interface KeyFormProps {
  error: Error | null
  isBusy: boolean
  onOpen: (given: { text: string; keeps: boolean }) => void
}

function KeyForm({ error, isBusy, onOpen }: KeyFormProps) {
  const [text, setText] = useState("")
  const [keeps, setKeeps] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onOpen({ text, keeps })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">
          Your agent encrypted this: the server cannot read it. Paste the key that{" "}
          <code>tradertape-agent factor seal-key</code> prints on its machine. It is used in this browser and
          sent nowhere.
        </Text>
        <PasswordInput
          label="Seal key"
          autoComplete="off"
          value={text}
          error={error?.message}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
        <Checkbox
          label="Keep it in this browser"
          checked={keeps}
          onChange={(event) => setKeeps(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={isBusy} disabled={text.trim() === ""}>
            Decrypt
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface RowsProps {
  rows: ShownRow[]
  isReal: boolean
  isWeights: boolean
}

function Rows({ rows, isReal, isWeights }: RowsProps) {
  if (rows.length === 0) return <Text size="sm">Nothing is held.</Text>
  return (
    <ScrollRegion label="What was sent, table" style={{ overflowX: "auto", maxHeight: "60vh" }}>
      <Table miw={isWeights ? 260 : 520}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Instrument</Table.Th>
            <Table.Th ta="right">{isWeights ? "Weight" : "Quantity"}</Table.Th>
            {!isWeights && <Table.Th ta="right">Average price</Table.Th>}
            {!isWeights && <Table.Th ta="right">{isReal ? "Value" : "Value, scaled"}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.name}>
              <Table.Td>{row.name}</Table.Td>
              <Table.Td ta="right">
                {isWeights ? `${row.quantity} %` : row.quantity && <Masked text={row.quantity} />}
              </Table.Td>
              {!isWeights && <Table.Td ta="right">{row.price}</Table.Td>}
              {!isWeights && (
                <Table.Td ta="right">
                  {row.value !== null &&
                    (isReal ? <Amount value={row.value} /> : <Quantity value={row.value} />)}
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollRegion>
  )
}

function Funds({ margins }: { margins: SealedDocument["margins"] }) {
  const cash = margins?.available_cash
  if (cash === undefined) return null
  return (
    <Text size="sm">
      Cash: <Amount value={cash} />
    </Text>
  )
}
