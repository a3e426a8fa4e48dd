import { SegmentedControl, Text, TextInput } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { exact } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Confirm } from "@/components/confirm"
import { Failed } from "@/components/problems"
import { actionWords, isPrice, proposalVerb, proposalWords } from "@/lib/correction-words"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { intentWords } from "@/lib/order-words"
import { calls, proposalQuery, reconciliationQuery, refresh } from "@/lib/queries"
import type { Drift, Proposal, Status } from "@/lib/types"
import { Evidence } from "./correct-dialog"

const KINDS = [
  { value: "market", label: "At the market" },
  { value: "limit", label: "With a limit" },
]

interface Props {
  drift: Drift
  status: Status
  onClose: () => void
}

/** The order that settles a difference, as it would be sent; sent once, after this second question. */
export function OrderDialog({ drift, status, onClose }: Props) {
  const client = useQueryClient()
  const [kind, setKind] = useState("market")
  const [limit, setLimit] = useState("")
  const wanted = kind === "limit" ? limit.trim() : ""
  const [asked] = useDebouncedValue(wanted, 300)
  const isAsked = kind === "market" || isPrice(wanted)
  const query = useQuery({ ...proposalQuery(drift.symbol, asked), enabled: isAsked && asked === wanted })
  const proposal = isAsked && asked === wanted && !query.isError ? query.data : undefined
  const sending = useMutation({
    mutationFn: (order: Proposal) => calls.orderCorrection(order.symbol, order.difference, asked),
    onSuccess: (sent) => notifyDone(intentWords(sent)),
    onError: (error) => notifyFailure("No order was sent", error),
    onSettled: () => {
      onClose()
      return refresh(client, reconciliationQuery)
    },
  })
  return (
    <Confirm
      title={`${actionWords("corrective_order", drift, exact)} of ${drift.symbol}?`}
      verb={proposal ? proposalVerb(proposal, status.environment) : "Place the order"}
      color={status.environment === "live" ? "red" : "iris"}
      isBusy={sending.isPending}
      isDisabled={!proposal}
      onConfirm={() => proposal && sending.mutate(proposal)}
      onClose={onClose}
    >
      <SegmentedControl fullWidth aria-label="Kind of order" data={KINDS} value={kind} onChange={setKind} />
      {kind === "limit" && (
        <TextInput
          mt="sm"
          label="Limit price in rupees"
          inputMode="decimal"
          value={limit}
          onChange={(event) => setLimit(event.currentTarget.value)}
          error={limit && !isPrice(limit.trim()) ? "Enter a price above 0, such as 1520.50" : undefined}
        />
      )}
      <div aria-live="polite">
        {isAsked && query.isError && (
          <Failed error={query.error} what="The order" retry={() => void query.refetch()} />
        )}
        {proposal && <Shown proposal={proposal} drift={drift} />}
      </div>
      <Evidence drift={drift} />
      <Text size="sm" c="dimmed" mt={6}>
        {status.environment === "live"
          ? `On your account at ${status.primary_title}, with real money. Once it is filled it cannot be undone; while it is open it can be cancelled below.`
          : `At the sandbox, as ${status.primary_title}. No real money moves.`}
      </Text>
    </Confirm>
  )
}

function Shown({ proposal, drift }: { proposal: Proposal; drift: Drift }) {
  return (
    <>
      <Text size="sm" mt="sm">
        {proposalWords(proposal)}.{" "}
        {proposal.last_price === null
          ? "The broker has no last price."
          : `Last price ${exact.money(proposal.last_price)}.`}
      </Text>
      <Text size="sm" mt={6}>
        Filled, the broker has {exact.quantity(drift.cloud_qty)} instead of {exact.quantity(drift.broker_qty)}
        : what the cloud expects.
      </Text>
    </>
  )
}
