import { Alert, Button, Divider, Group, Input, SegmentedControl, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { money, number } from "@tradertape/ui/format.ts"
import { CircleAlert } from "lucide-react"
import { useEffect, useState } from "react"
import { SideDialog } from "@/components/dialog/dialog"
import { AccountSelect, FIRST_ACCOUNT } from "@/components/inputs/account-select"
import { InstrumentSearch } from "@/components/inputs/instrument-search"
import { symbolOf } from "@/lib/instrument"
import { useTick } from "@/lib/live"
import { notifyDone } from "@/lib/notify"
import { type Gtt, gttCalls, type NewLeg } from "@/lib/queries/gtts"
import { instrumentQuery } from "@/lib/queries/live"
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
      notifyDone(`${gtt ? "Changed" : "Placed"} GTT ${made.id} on ${symbolOf(made.instrument)}`)
      onClose()
    },
  })
  const errors = errorsByField(saving.error)
  const ready = known ? readyLegs(legs, productOf(known)) : null
  const choose = (chosen: string) => {
    setId(chosen)
    setLegs(freshLegs(isTwoLeg, undefined, undefined))
    setIsFilled(false)
    saving.reset()
  }

  return (
    <SideDialog opened onClose={onClose} title={gtt ? `Change GTT ${gtt.id}` : "New GTT"} size={460}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) saving.mutate(ready)
        }}
      >
        <Stack gap="md">
          {!gtt && (
            <>
              <AccountSelect value={account} onChange={setAccount} />
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
              onChange={(value) => setLegs(freshLegs(value === "two", known, last))}
              data={[
                { value: "one", label: "Single" },
                { value: "two", label: "Stop and target" },
              ]}
            />
            <Text size="sm">
              Last <strong className="tt-num">{money(last)}</strong>
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
            It stays active for up to a year and places one limit order when triggered. A limit equal to the
            trigger may not be filled if the price gaps past it; set the limit slightly beyond the trigger.
          </Text>
          <Button type="submit" fullWidth size="sm" disabled={!ready} loading={saving.isPending}>
            {ready && id ? verb(gtt !== null, id, ready) : "Place GTT"}
          </Button>
        </Stack>
      </form>
    </SideDialog>
  )
}

/** The label of the submit button, with its numbers. */
function verb(isChange: boolean, id: string, legs: readonly NewLeg[]): string {
  const [leg] = legs
  if (!leg) return "Place GTT"
  const what = isChange ? "Change GTT" : "Place GTT"
  if (legs.length === 2) return `${what}: ${number(leg.quantity)} ${symbolOf(id)}, stop and target · PAPER`
  const side = leg.transaction_type === "BUY" ? "buy" : "sell"
  return `${what}: ${side} ${number(leg.quantity)} ${symbolOf(id)} at ${money(leg.price)} · PAPER`
}
