import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { forgetSecret } from "@/lib/brokers/secrets"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { meQuery } from "@/lib/queries/auth"
import { type BrokerRow, brokerCalls, brokersQuery } from "@/lib/queries/brokers"

/** Deletes a broker's keys on the server and its secret in this browser, after a question. */
export function DeleteCredentials({ row }: { row: BrokerRow }) {
  const { data: me } = useQuery(meQuery)
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const deleting = useMutation({
    mutationFn: () => brokerCalls.deleteCredentials(row.name),
    onSuccess: () => {
      if (me) forgetSecret(me.id, row.name)
      notifyDone(`Your ${row.title} keys are deleted`)
      return client.invalidateQueries({ queryKey: brokersQuery.queryKey })
    },
    onError: (error) => notifyFailure("The keys were not deleted", error),
    onSettled: () => setAsking(false),
  })
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        Delete keys
      </Button>
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete your ${row.title} keys?`}
        verb="Delete keys"
        isBusy={deleting.isPending}
        onConfirm={() => deleting.mutate()}
      >
        {`You are signed out of ${row.title}: live runs on this account stop placing orders and its prices stop. ` +
          `Orders and triggers that are at ${row.title} already stay there.`}
      </Confirm>
    </>
  )
}
