import { Button, Group, Stack, Text, TextInput } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { date, exact, quantity, unitPrice } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { symbolOf } from "@/lib/instrument"
import { notifyDone } from "@/lib/notify"
import { type Difference, type Reconciliation, reconciliationCalls } from "@/lib/queries/reconciliation"

interface Props {
  item: Difference
  onReport: (next: Reconciliation) => void
}

/** Adopts the units of a difference that has lasted, or writes them off, after saying what that does. */
export function Correct({ item, onReport }: Props) {
  const [isOpen, setOpen] = useState(false)
  const [note, setNote] = useState("")
  const action = item.can_correct
  const correcting = useMutation({
    mutationFn: (chosen: NonNullable<typeof action>) =>
      reconciliationCalls.correct({
        account_scope: item.account_scope,
        instrument: item.instrument,
        action: chosen,
        difference: item.difference,
        note: note.trim(),
      }),
    onSuccess: (report) => {
      onReport(report)
      notifyDone(`${symbolOf(item.instrument)} is corrected; undo it below`)
      setOpen(false)
    },
  })
  if (!action) return null
  const symbol = symbolOf(item.instrument)
  const units = exact.quantity(Math.abs(item.difference))
  const verb = action === "adopt" ? `Adopt ${units} units` : `Write off ${units} units`
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`${action === "adopt" ? "Adopt" : "Write off"} ${quantity(Math.abs(item.difference))} units of ${symbol}`}
        onClick={() => setOpen(true)}
      >
        {action === "adopt" ? "Adopt" : "Write off"}
      </Button>
      <Dialog opened={isOpen} onClose={() => setOpen(false)} title={`${verb} of ${symbol}?`} size="sm">
        <Stack gap="sm">
          <Text size="sm">
            {action === "adopt"
              ? `The broker holds ${exact.quantity(item.broker_quantity)}, our books ${exact.quantity(item.our_quantity)}. The ${units} units will count as yours, held outside portfolios and runs.`
              : `Our books have ${exact.quantity(item.our_quantity)}, the broker ${exact.quantity(item.broker_quantity)}. The ${units} units will no longer be expected at the broker.`}
          </Text>
          {item.traded_price != null && item.traded_on && (
            <Text size="sm">
              By your uploaded tradebook they were {action === "adopt" ? "bought" : "sold"} at{" "}
              {unitPrice(item.traded_price)} on average, the last on {date(item.traded_on)}. Price and day are
              kept with the correction.
            </Text>
          )}
          <Text size="sm" c="dimmed">
            {action === "adopt"
              ? "This is an entry beside the ledger: it sends no order and changes no position, stop or cash. It can be undone at any time."
              : "No order is sent. The units leave the positions that hold them, those bought first before others; stop and target then guard what is left. Where the price of their sale is not known they leave at their cost, without a profit or a loss. It can be undone. To have the shares again, buy them back afterwards: the order ticket is offered beside the correction."}
          </Text>
          <TextInput
            label="Note"
            placeholder="Where they come from"
            maxLength={200}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Failure error={correcting.error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={() => setOpen(false)}>
              Keep the difference
            </Button>
            <Button loading={correcting.isPending} onClick={() => correcting.mutate(action)}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  )
}
