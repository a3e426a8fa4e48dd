import { Alert, Button, Divider, Group, Input, SegmentedControl, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { exact, unitPrice } from "@tradertape/ui/format.ts"
import { CircleAlert } from "lucide-react"
import { useEffect, useState } from "react"
import { SideDialog } from "@/components/dialog/dialog"
import { InstrumentSearch } from "@/components/inputs/instrument-search"
import { symbolOf } from "@/lib/instrument"
import { useTick } from "@/lib/live"
import { notifyDone } from "@/lib/notify"
import { type Gtt, gttAccountsQuery, gttCalls, type NewLeg } from "@/lib/queries/gtts"
import { instrumentQuery } from "@/lib/queries/live"
import { FIRST_ACCOUNT, type MoneyMode, modeOf } from "@/lib/trading-account"
import { useSecondPress } from "@/lib/use-second-press"
import { AccountField } from "./account-field"
import { type DraftLeg, errorsByField, freshLegs, legsOf, productOf, readyLegs } from "./draft"
import { LegFields } from "./leg-fields"

interface Props {
  /** The GTT to change; null creates a new one. */
  gtt: Gtt | null
  /** The instrument of a new GTT, if preselected. */
  instrument: string | undefined
  onClose: () => void
}

/** Create or change a GTT. The server validates it field by field. */
export function GttForm({ gtt, instrument: given, onClose }: Props) {
  const client = useQueryClient()
  const [account, setAccount] = useState(gtt?.account_scope ?? FIRST_ACCOUNT)
  const [id, setId] = useState(gtt?.instrument ?? given)
  const instrument = useQuery({ ...instrumentQuery(id ?? ""), enabled: id !== undefined })
  const tick = useTick(id, "ltp")
  const last = tick?.ltp
  const [legs, setLegs] = useState<DraftLeg[]>(() =>
    gtt ? legsOf(gtt) : freshLegs(false, undefined, undefined),
  )
  const isTwoLeg = legs.length === 2
  const [isFilled, setIsFilled] = useState(gtt !== null)
  const known = instrument.data
  const accounts = useQuery(gttAccountsQuery)
  const chosen = accounts.data?.find(({ scope }) => scope === account)
  const mode = modeOf(accounts.data, account)
  const second = useSecondPress()
  const hasTwoLegs = chosen?.types.includes("two-leg") ?? true

  // The first price of a chosen instrument fills the fields, once: a field that is emptied while
  // somebody types stays empty.
  useEffect(() => {
    if (isFilled || !known || last === undefined) return
    setLegs(freshLegs(isTwoLeg, known, last))
    setIsFilled(true)
  }, [isFilled, isTwoLeg, known, last])

  const saving = useMutation({
    mutationFn: (ready: NewLeg[]) =>
      gtt
        ? gttCalls.change(gtt.id, ready)
        : gttCalls.create({ account_scope: account, instrument: id ?? "", legs: ready }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ["gtts"] })
      notifyDone(doneWords(made, gtt !== null))
      onClose()
    },
    onError: second.forget,
  })
  const errors = errorsByField(saving.error)
  const ready = known ? readyLegs(legs, productOf(known)) : null
  const choose = (chosen: string) => {
    setId(chosen)
    setLegs(freshLegs(isTwoLeg, undefined, undefined))
    setIsFilled(false)
    second.forget()
    saving.reset()
  }

  return (
    <SideDialog opened onClose={onClose} title={gtt ? `Change GTT ${gtt.id}` : "New GTT"} size={460}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!ready || mode === null) return
          if (mode === "PAPER" || second.press()) saving.mutate(ready)
        }}
      >
        <Stack gap="md">
          {!gtt && (
            <>
              <AccountField
                accounts={accounts.data ?? []}
                value={account}
                onChange={(scope) => {
                  setAccount(scope)
                  second.forget()
                }}
              />
              <Input.Wrapper label="Instrument" labelElement="div">
                <InstrumentSearch
                  label="Instrument"
                  hasInitialFocus
                  value={id ? symbolOf(id) : ""}
                  error={instrument.error ? instrument.error.message : undefined}
                  hides={(one) => one.instrument_type === "INDEX"}
                  onChoose={({ instrument: chosen }) => choose(chosen)}
                />
              </Input.Wrapper>
            </>
          )}
          <Group justify="space-between">
            <SegmentedControl
              aria-label="Type"
              value={isTwoLeg ? "two" : "one"}
              onChange={(value) => {
                second.forget()
                setLegs(freshLegs(value === "two", known, last))
              }}
              data={[
                { value: "one", label: "Single" },
                { value: "two", label: "Stop and target", disabled: !hasTwoLegs },
              ]}
            />
            <Text size="sm">
              Last <strong className="tt-num">{unitPrice(last)}</strong>
            </Text>
          </Group>
          {legs.map((leg, place) => (
            <LegFields
              key={place}
              title={isTwoLeg ? (place === 0 ? "Stop, below the price" : "Target, above the price") : null}
              leg={leg}
              tick={known?.tick_size ?? 0.05}
              lot={known?.lot_size ?? 1}
              last={last}
              errorOf={(field) => errors[`/legs/${place}/${field}`]}
              onChange={(changed) => {
                setIsFilled(true)
                second.forget()
                setLegs(legs.map((one, i) => (i === place ? changed : one)))
              }}
            />
          ))}
          {errors[""] && (
            <Alert color="red" icon={<CircleAlert size={16} />} role="alert">
              {errors[""]}
            </Alert>
          )}
          <Divider />
          <Text size="xs" c="dimmed">
            {mode === "PAPER"
              ? "It rests with this server"
              : "It rests at the broker, which places the order even while this server is down,"}{" "}
            for up to a year, and places one limit order when triggered. A limit equal to the trigger may not
            be filled if the price gaps past it; set the limit slightly beyond the trigger.
          </Text>
          <Button
            type="submit"
            fullWidth
            size="sm"
            color={second.isAsking ? "red" : undefined}
            disabled={!ready || mode === null || Boolean(chosen?.blocked)}
            loading={saving.isPending}
          >
            {ready && id && mode
              ? verb({ isChange: gtt !== null, id, legs: ready, mode, isConfirming: second.isAsking })
              : "Place GTT"}
          </Button>
        </Stack>
      </form>
    </SideDialog>
  )
}

/** What became of a GTT that was placed or changed: a broker may not have answered yet. */
function doneWords(made: Gtt, isChange: boolean): string {
  const name = `GTT ${made.id} on ${symbolOf(made.instrument)}`
  if (made.at_broker?.in_doubt) return `${name}: the broker's answer was lost, its list is read`
  if (made.at_broker?.asked) return `${name} is on its way to the broker`
  return `${isChange ? "Changed" : "Placed"} ${name}`
}

interface Verb {
  isChange: boolean
  id: string
  legs: readonly NewLeg[]
  mode: MoneyMode
  isConfirming: boolean
}

/** The label of the submit button, with its numbers. */
function verb({ isChange, id, legs, mode, isConfirming }: Verb): string {
  const [leg] = legs
  if (!leg) return "Place GTT"
  const what = `${isConfirming ? "Confirm: " : ""}${isChange ? "Change GTT" : "Place GTT"}`
  const real = isConfirming && mode === "LIVE" ? " with real money" : ""
  if (legs.length === 2)
    return `${what}: ${exact.quantity(leg.quantity)} ${symbolOf(id)}, stop and target${real} · ${mode}`
  const side = leg.transaction_type === "BUY" ? "buy" : "sell"
  return `${what}: ${side} ${exact.quantity(leg.quantity)} ${symbolOf(id)} at ${exact.money(leg.price)}${real} · ${mode}`
}
