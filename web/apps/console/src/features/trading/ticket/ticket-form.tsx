import { Button, Checkbox, Input, SegmentedControl, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { discreet, exact, unitPrice } from "@tradertape/ui/format.ts"
import { useEffect, useState } from "react"
import { SideDialog } from "@/components/dialog/dialog"
import { InstrumentSearch } from "@/components/inputs/instrument-search"
import { Failure } from "@/components/states/failure"
import { symbolOf } from "@/lib/instrument"
import { useTick } from "@/lib/live"
import { notifyDone } from "@/lib/notify"
import { instrumentQuery } from "@/lib/queries/live"
import {
  preferredAccountsQuery,
  type Ticket,
  type TradingOrder,
  tradingAccountsQuery,
  tradingCalls,
} from "@/lib/queries/trading"
import { FIRST_ACCOUNT, type MoneyMode, modeOf } from "@/lib/trading-account"
import { useSecondPress } from "@/lib/use-second-press"
import { AccountField } from "./account-field"
import { type Draft, draftOf, emptyDraft, errorsByField, productsOf, readyChange, readyTicket } from "./draft"
import { PreviewFigures, useTicketPreview } from "./preview"
import { TermFields } from "./term-fields"

export interface TicketStart {
  instrument?: string
  side?: "BUY" | "SELL"
  account?: string
  quantity?: number
  product?: string
}

interface Props {
  /** An order to change; null places a new one. */
  order: TradingOrder | null
  start: TicketStart
  onClose: () => void
}

function started({ side = "BUY", quantity, product }: TicketStart): Draft {
  const draft = { ...emptyDraft(side), ...(quantity && { quantity }) }
  return product === "MIS" || product === "NRML" || product === "MTF" ? { ...draft, product } : draft
}

/** Futures and options are of exchanges of their own. */
const segmentOf = (id: string | undefined) => (/^(NFO|BFO):/.test(id ?? "") ? "derivatives" : "equity")

/** Place an order on any account, or change one. */
export function TicketForm({ order, start, onClose }: Props) {
  const client = useQueryClient()
  const accounts = useQuery(tradingAccountsQuery)
  const [chosen, setChosen] = useState(order?.account_scope ?? start.account)
  const [id, setId] = useState(order?.instrument ?? start.instrument)
  const preferred = useQuery(preferredAccountsQuery)
  const account = chosen ?? preferred.data?.[segmentOf(id)] ?? FIRST_ACCOUNT
  const [draft, setDraft] = useState(() => (order ? draftOf(order) : started(start)))
  const second = useSecondPress()
  const instrument = useQuery({ ...instrumentQuery(id ?? ""), enabled: id !== undefined })
  const last = useTick(id, "ltp")?.ltp
  const known = instrument.data
  const [isFilled, setIsFilled] = useState(order !== null)
  const mode = modeOf(accounts.data, account)

  // The first price of a chosen instrument fills the fields, once: what somebody types stays.
  useEffect(() => {
    if (isFilled || !known || last === undefined) return
    setDraft((old) => ({
      ...old,
      price: old.price === "" ? last : old.price,
      quantity: old.quantity === "" ? known.lot_size : old.quantity,
      product: productsOf(known).includes(old.product) ? old.product : (productsOf(known)[0] ?? "CNC"),
    }))
    setIsFilled(true)
  }, [isFilled, known, last])

  const ticket = readyTicket(draft, account, id)
  const change = order ? readyChange(draft, order) : null
  const preview = useTicketPreview(order ? null : ticket)
  const sending = useMutation({
    mutationFn: (ready: Ticket) =>
      order ? tradingCalls.change(order.order_id, change ?? {}) : tradingCalls.place(ready),
    onSuccess: (done) => {
      void client.invalidateQueries({ queryKey: ["trading"] })
      void client.invalidateQueries({ queryKey: ["workers", "overview"] })
      notifyDone(
        `${order ? "Changed" : "Placed"} order ${done.order_id}: ${done.status.toLowerCase()}` +
          (done.status_message ? `, ${discreet(done.status_message)}` : ""),
      )
      onClose()
    },
    onError: second.forget,
  })
  const errors = errorsByField(sending.error ?? (order ? null : preview.error))
  // Not before it is known which account a new order begins with, and whether its money is real.
  const isComplete = order ? change !== null : ticket !== null && !preferred.isPending
  const isReady = isComplete && mode !== null
  const edit = (changed: Partial<Draft>) => {
    setIsFilled(true)
    second.forget()
    setDraft((old) => ({ ...old, ...changed }))
  }
  const submit = () => {
    if (!ticket || !isReady) return
    if (mode === "PAPER" || second.press()) sending.mutate(ticket)
  }

  return (
    <SideDialog
      opened
      onClose={onClose}
      title={order ? `Change order ${order.order_id}` : "Order ticket"}
      size={460}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack gap="md">
          {!order && (
            <>
              <AccountField
                value={account}
                error={errors.account_scope}
                onChange={(scope) => {
                  second.forget()
                  setChosen(scope)
                }}
              />
              <Input.Wrapper label="Instrument" labelElement="div">
                <InstrumentSearch
                  label="Instrument"
                  hasInitialFocus={!start.instrument}
                  value={id ? symbolOf(id) : ""}
                  error={instrument.error ? instrument.error.message : undefined}
                  hides={(one) => one.instrument_type === "INDEX"}
                  onChoose={({ instrument: found }) => {
                    second.forget()
                    setId(found)
                    setDraft({ ...emptyDraft(draft.side), product: draft.product })
                    setIsFilled(false)
                    sending.reset()
                  }}
                />
              </Input.Wrapper>
              <SegmentedControl
                aria-label="Side"
                value={draft.side}
                onChange={(side) => edit({ side: side === "SELL" ? "SELL" : "BUY" })}
                data={[
                  { value: "BUY", label: "Buy" },
                  { value: "SELL", label: "Sell" },
                ]}
              />
            </>
          )}
          {order && (
            <Text size="sm">
              {draft.side === "BUY" ? "Buy" : "Sell"} {symbolOf(order.instrument)} on {order.account_scope},{" "}
              {exact.quantity(order.filled_quantity)} of {exact.quantity(order.quantity)} filled
            </Text>
          )}
          <Text size="sm">
            Last <strong className="tt-num">{unitPrice(last)}</strong>
          </Text>
          <TermFields
            draft={draft}
            instrument={known}
            errors={errors}
            isChange={order !== null}
            onEdit={edit}
          />
          {!order && (
            <Checkbox
              label="After-market order"
              description="Waits for the next session's opening"
              checked={draft.isAfterMarket}
              onChange={(event) => edit({ isAfterMarket: event.currentTarget.checked })}
            />
          )}
          {!order && ticket && <PreviewFigures preview={preview.data} isOld={preview.isOld} />}
          <Failure error={accounts.data ? null : accounts.error} title="Your accounts are not known yet" />
          {errors[""] && <Failure error={sending.error ?? preview.error} />}
          <Button
            type="submit"
            fullWidth
            size="sm"
            color={second.isAsking ? "red" : undefined}
            disabled={!isReady}
            loading={sending.isPending}
          >
            {isReady && id ? verb(order, draft, id, mode, second.isAsking) : "Place order"}
          </Button>
        </Stack>
      </form>
    </SideDialog>
  )
}

/** The label of the submit button, with its numbers. */
function verb(
  order: TradingOrder | null,
  draft: Draft,
  id: string,
  mode: MoneyMode,
  isConfirming: boolean,
): string {
  const side = draft.side === "BUY" ? "Buy" : "Sell"
  const price =
    draft.type === "MARKET" || draft.type === "SL-M" ? "at market" : `at ${exact.money(draft.price || null)}`
  const what = `${side} ${exact.quantity(draft.quantity || null)} ${symbolOf(id)} ${price}`
  if (!isConfirming) return `${order ? "Change to: " : ""}${what} · ${mode}`
  return `Confirm: ${what}${mode === "LIVE" ? " with real money" : ""} · ${mode}`
}
