import { Text, TextInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { exact, percent, sentence } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Confirm } from "@/components/confirm"
import { actionWords, correctionEffect } from "@/lib/correction-words"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { calls, reconciliationQuery, refresh } from "@/lib/queries"
import type { CorrectionKind, Drift } from "@/lib/types"

interface Props {
  drift: Drift
  action: CorrectionKind
  onClose: () => void
}

/** Adopts or writes off a difference as it is shown, after the numbers were read a second time. */
export function CorrectDialog({ drift, action, onClose }: Props) {
  const client = useQueryClient()
  const [note, setNote] = useState("")
  const correcting = useMutation({
    mutationFn: () => calls.correct(drift.symbol, action, drift.difference, note),
    onSuccess: () => notifyDone("Recorded. It can be undone below."),
    onError: (error) => notifyFailure("It was not recorded", error),
    onSettled: () => {
      onClose()
      return refresh(client, reconciliationQuery)
    },
  })
  const what = actionWords(action, drift, exact)
  return (
    <Confirm
      title={`${what} of ${drift.symbol}?`}
      verb={what}
      color="iris"
      isBusy={correcting.isPending}
      onConfirm={() => correcting.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{correctionEffect(drift)}</Text>
      <Evidence drift={drift} />
      <Text size="sm" c="dimmed" mt={6}>
        An entry beside the books: it places no order, changes no position and is not sent to the cloud. You
        can undo it at any time.
      </Text>
      <TextInput
        mt="sm"
        label="Note"
        description="Why, for yourself. Optional."
        maxLength={200}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </Confirm>
  )
}

/** What speaks for the likely cause, and how surely. */
export function Evidence({ drift }: { drift: Drift }) {
  if (drift.evidence.length === 0) return null
  return (
    <Text size="sm" c="dimmed" mt={6}>
      {sentence(drift.evidence.join("; "))} (confidence {percent(drift.confidence * 100, 0)}).
    </Text>
  )
}
