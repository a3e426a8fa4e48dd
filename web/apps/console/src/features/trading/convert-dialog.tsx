import { Button, Group, NumberInput, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { ConvertIn } from "@tradertape/api/generated/types.gen.ts"
import { exact } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { symbolOf } from "@/lib/instrument"
import { notifyDone } from "@/lib/notify"
import { type TradingPosition, tradingAccountsQuery, tradingCalls } from "@/lib/queries/trading"
import { modeOf } from "@/lib/trading-account"

interface Props {
  of: TradingPosition
  onClose: () => void
}

type Product = ConvertIn["new_product"]

/** What a position of a product may become; null where it stays what it is. */
export function convertedProduct({ instrument, product, quantity }: TradingPosition): Product | null {
  if (product === "CNC" || product === "NRML") return "MIS"
  if (product !== "MIS") return null
  if (/^(NFO|BFO|MCX|CDS):/.test(instrument)) return "NRML"
  return quantity > 0 ? "CNC" : null
}

/** Carries units of a position as another product. */
export function ConvertDialog({ of, onClose }: Props) {
  const client = useQueryClient()
  const held = Math.abs(of.quantity)
  const [quantity, setQuantity] = useState<number | string>(held)
  const { data: accounts } = useQuery(tradingAccountsQuery)
  const mode = modeOf(accounts, of.account_scope)
  const to = convertedProduct(of)
  const units = typeof quantity === "number" ? quantity : 0
  const isPossible = mode !== null && to !== null && Number.isInteger(units) && units >= 1 && units <= held
  const converting = useMutation({
    mutationFn: () =>
      tradingCalls.convert({
        account_scope: of.account_scope,
        instrument: of.instrument,
        old_product: of.product as Product,
        new_product: to ?? "CNC",
        quantity: units,
      }),
    onSuccess: () => {
      notifyDone(`Converted ${exact.quantity(units)} ${symbolOf(of.instrument)} to ${to}`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["trading"] }),
  })
  return (
    <Dialog opened onClose={onClose} title={`Convert ${symbolOf(of.instrument)} to ${to}?`}>
      <Stack gap="sm">
        <Text size="sm">
          {exact.quantity(held)} are held as {of.product} on {of.account_scope}. No unit is bought or sold;
          margin and square-off are those of {to} from then on.
        </Text>
        <NumberInput
          label="Quantity"
          min={1}
          max={held}
          allowDecimal={false}
          value={quantity}
          onChange={setQuantity}
          data-autofocus
        />
        <Failure error={converting.error} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button disabled={!isPossible} loading={converting.isPending} onClick={() => converting.mutate()}>
            Convert {exact.quantity(units)} from {of.product} to {to} · {mode}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
