import { Button, Group, NumberInput, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { date } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { bookQuery, setSettlement } from "@/lib/queries/wealth"

export interface Settled {
  symbol: string
  expiry: string | null
  /** Rupees a unit, where it is settled already. */
  price: string | null
  isStated: boolean
}

interface Props {
  contract: Settled
  onClose: () => void
}

/** Asks what a contract was worth when it expired: no tradebook says it. */
export function SettleContract({ contract, onClose }: Props) {
  const client = useQueryClient()
  const [price, setPrice] = useState<number | string>(contract.price === null ? "" : Number(contract.price))
  const saving = useMutation({
    mutationFn: (next: number | null) => setSettlement(contract.symbol, next),
    onSuccess: async () => {
      notifyDone(`The settlement of ${contract.symbol} is changed`)
      await client.invalidateQueries({ queryKey: bookQuery.queryKey })
      await client.invalidateQueries({ queryKey: ["wealth"] })
      await client.invalidateQueries({ queryKey: ["journal"] })
      onClose()
    },
  })
  return (
    <Dialog opened onClose={onClose} title={`Settlement of ${contract.symbol}`} size="sm">
      <Stack gap="md">
        <Text size="sm">
          It expired{contract.expiry ? ` on ${date(contract.expiry)}` : ""}, and your files have no trade that
          closed it. What was a unit worth then? An option that expired worthless: 0.
        </Text>
        <NumberInput
          label="Settlement price, in rupees a unit"
          description="Your contract note or the ledger of that day has it."
          min={0}
          max={10_000_000}
          decimalScale={4}
          clampBehavior="strict"
          allowNegative={false}
          hideControls
          data-autofocus
          value={price}
          onChange={setPrice}
        />
        <Failure error={saving.error} title="The settlement is not changed" />
        <Group justify="flex-end" gap={8}>
          {contract.isStated && (
            <Button variant="default" loading={saving.isPending} onClick={() => saving.mutate(null)}>
              Take back
            </Button>
          )}
          <Button
            loading={saving.isPending}
            disabled={price === ""}
            onClick={() => saving.mutate(Number(price))}
          >
            Settle
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
