import { Button, Radio, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { exact, moment, price } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { symbolOf } from "@/lib/instrument"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { externalGttsQuery, type Gtt, gttCalls } from "@/lib/queries/gtts"

const NEVER = ""

/** Says of a GTT in doubt which of the broker's it is, or that it was never placed. */
export function SettleDialog({ gtt, onClose }: { gtt: Gtt; onClose: () => void }) {
  const client = useQueryClient()
  const { data = [] } = useQuery(externalGttsQuery)
  const [choice, setChoice] = useState<string | null>(null)
  const settling = useMutation({
    mutationFn: (chosen: string) => gttCalls.settle(gtt.id, chosen === NEVER ? null : chosen),
    onSuccess: () => {
      notifyDone(`GTT ${gtt.id} is settled`)
      onClose()
    },
    onError: (error) => notifyFailure("The GTT was not settled", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["gtts"] }),
  })
  const listed = data.filter(
    (one) => one.account_scope === gtt.account_scope && one.instrument === gtt.instrument,
  )
  return (
    <Dialog opened onClose={onClose} title={`GTT ${gtt.id} on ${symbolOf(gtt.instrument)}`} size="sm">
      <Stack gap="md">
        <Text size="sm">
          The broker's answer was lost, so it is not known whether this GTT rests there. It is never sent
          again. Look in the broker's own app, then say which of its GTTs this is.
        </Text>
        <Radio.Group aria-label="What the broker has" value={choice} onChange={setChoice}>
          <Stack gap={8}>
            {listed.map((one) => (
              <Radio
                key={one.broker_trigger_id}
                value={one.broker_trigger_id}
                label={`${one.broker_trigger_id}: ${one.legs
                  .map((leg) => `${exact.quantity(leg.quantity)} at ${price(leg.trigger)}`)
                  .join(" / ")}, created ${moment(one.created_at)}`}
              />
            ))}
            <Radio value={NEVER} label="It was never placed" />
          </Stack>
        </Radio.Group>
        <Button
          disabled={choice === null}
          loading={settling.isPending}
          onClick={() => choice !== null && settling.mutate(choice)}
        >
          Settle
        </Button>
      </Stack>
    </Dialog>
  )
}
