import { Alert, Button, Group, NumberInput, Stack, Table, Text, TextInput } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { exact, number, unitPrice } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { symbolOf } from "@/lib/instrument"
import { notifyDone } from "@/lib/notify"
import {
  type ActionPreview,
  type Difference,
  type Reconciliation,
  reconciliationCalls,
} from "@/lib/queries/reconciliation"
import { partsOf } from "./ratio"

interface Props {
  item: Difference
  onReport: (next: Reconciliation) => void
}

/** Applies a split or bonus that no data set has to the positions of an account, once it was previewed. */
export function ApplyAction({ item, onReport }: Props) {
  const [isOpen, setOpen] = useState(false)
  const symbol = symbolOf(item.instrument)
  if (!item.can_apply_action) return null
  return (
    <>
      <Button
        size="compact-xs"
        aria-label={`Apply a split or bonus to ${symbol}`}
        onClick={() => setOpen(true)}
      >
        Apply split or bonus
      </Button>
      <Dialog
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={`Apply a split or bonus to ${symbol}`}
        size="md"
      >
        <Form item={item} onReport={onReport} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Form({ item, onReport, onClose }: Props & { onClose: () => void }) {
  const first = partsOf(item.suggested.ratio ?? item.broker_quantity / item.our_quantity)
  const [now, setNow] = useState<number | string>(first.now)
  const [old, setOld] = useState<number | string>(first.old)
  const [exDate, setExDate] = useState("")
  const [note, setNote] = useState("")
  const body = {
    account_scope: item.account_scope,
    instrument: item.instrument,
    difference: item.difference,
    new: Number(now),
    old: Number(old),
    ex_date: exDate,
    note: note.trim(),
  }
  const previewing = useMutation({ mutationFn: () => reconciliationCalls.previewAction(body) })
  const applying = useMutation({
    mutationFn: () => reconciliationCalls.applyAction(body),
    onSuccess: (report) => {
      onReport(report)
      notifyDone(`Applied to ${symbolOf(item.instrument)}; undo it below`)
      onClose()
    },
  })
  const change = (set: () => void) => {
    set()
    previewing.reset() // what was shown is of other terms
    applying.reset()
  }
  const shown = previewing.data
  const isReady = body.new > 0 && body.old > 0 && exDate !== ""
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        For one that the market data does not have. Units and average price of your positions in{" "}
        {item.account_scope} change, and their stop and target with them; no order is sent and no cash moves.
        It can be undone while all of the units are held.
      </Text>
      <Group grow align="flex-start">
        <NumberInput
          label="Shares after"
          description="For a 1:1 bonus 2, for a 1:10 split 10"
          min={1}
          max={1000}
          allowDecimal={false}
          value={now}
          onChange={(value) => change(() => setNow(value))}
        />
        <NumberInput
          label="For every share before"
          description="1 for most"
          min={1}
          max={1000}
          allowDecimal={false}
          value={old}
          onChange={(value) => change(() => setOld(value))}
        />
      </Group>
      <TextInput
        type="date"
        label="Ex date"
        description="Shares bought on this day or later stay as they are"
        value={exDate}
        onChange={(event) => {
          const value = event.currentTarget.value
          change(() => setExDate(value))
        }}
      />
      <TextInput
        label="Note"
        placeholder="Where it was announced"
        maxLength={200}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {shown && <Preview shown={shown} />}
      <Failure error={previewing.error ?? applying.error} />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onClose}>
          Keep the difference
        </Button>
        {shown && shown.refused === null ? (
          <Button loading={applying.isPending} onClick={() => applying.mutate()}>
            Apply to {number(shown.positions.length)}{" "}
            {shown.positions.length === 1 ? "position" : "positions"}
          </Button>
        ) : (
          <Button disabled={!isReady} loading={previewing.isPending} onClick={() => previewing.mutate()}>
            Preview
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Preview({ shown }: { shown: ActionPreview }) {
  return (
    <>
      <Table aria-label="Positions before and after">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Held by</Table.Th>
            <Table.Th ta="right">Units</Table.Th>
            <Table.Th ta="right">Average price</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.positions.map((one) => (
            <Table.Tr key={one.owner}>
              <Table.Td>{one.owner}</Table.Td>
              <Table.Td ta="right" className="tt-num">
                {exact.quantity(one.quantity)} → {exact.quantity(one.quantity_after)}
              </Table.Td>
              <Table.Td ta="right" className="tt-num">
                {unitPrice(one.average_price)} → {unitPrice(one.average_price_after)}
              </Table.Td>
            </Table.Tr>
          ))}
          {Boolean(shown.adopted || shown.adopted_after) && (
            <Table.Tr>
              <Table.Td>Adopted, less written off</Table.Td>
              <Table.Td ta="right" className="tt-num">
                {number(shown.adopted ?? 0)} → {number(shown.adopted_after ?? 0)}
              </Table.Td>
              <Table.Td ta="right">–</Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
      {shown.refused === null ? (
        <Text size="sm">
          Afterwards our books hold {exact.quantity(shown.quantity_after)}, as the broker does.
        </Text>
      ) : (
        <Alert color="yellow" variant="light">
          {shown.refused}
        </Alert>
      )}
    </>
  )
}
