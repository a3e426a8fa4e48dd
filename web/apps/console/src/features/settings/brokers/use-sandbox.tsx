import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { prepareSandbox } from "@/lib/brokers/login"
import { notifyFailure } from "@/lib/notify"
import { meQuery } from "@/lib/queries/auth"
import { type BrokerRow, brokersQuery, sandboxQuery } from "@/lib/queries/brokers"

/** Set a broker up with keys of an account at the sandbox: the first of two clicks, before Connect. */
export function UseSandbox({ row }: { row: BrokerRow }) {
  const { data: me } = useQuery(meQuery)
  const { data: sandbox } = useQuery(sandboxQuery)
  const client = useQueryClient()
  const preparing = useMutation({
    mutationFn: async () => {
      if (me) await prepareSandbox(row.name, me.id)
    },
    onSuccess: () => client.invalidateQueries({ queryKey: brokersQuery.queryKey }),
    onError: (error) => notifyFailure(`${row.title} was not set up at the sandbox`, error),
  })
  if (!sandbox?.available) return null
  return (
    <Button variant="default" loading={preparing.isPending} onClick={() => preparing.mutate()}>
      Use the sandbox's {row.title}
    </Button>
  )
}
