import { ApiError } from "@tradertape/api/client.ts"
import type { Gtt, NewLeg } from "@/lib/queries/gtts"
import type { Instrument } from "@/lib/queries/live"
import { onTick } from "../distance"

/** A leg being edited: an empty field is an empty string. */
export interface DraftLeg {
  trigger: number | ""
  transaction_type: "BUY" | "SELL"
  quantity: number | ""
  price: number | ""
}

const EMPTY: DraftLeg = { trigger: "", transaction_type: "BUY", quantity: "", price: "" }
/** Default distance of a new trigger from the last price in percent; two legs are a stop and a target. */
const AWAY = { single: -2, stop: -5, target: 5 }

function legAt(
  away_pct: number,
  side: "BUY" | "SELL",
  instrument: Instrument | undefined,
  last: number | undefined,
): DraftLeg {
  if (!instrument || !last) return { ...EMPTY, transaction_type: side, quantity: instrument?.lot_size ?? "" }
  const trigger = onTick(last * (1 + away_pct / 100), instrument.tick_size)
  return { trigger, transaction_type: side, quantity: instrument.lot_size, price: trigger }
}

/** Default legs of a new GTT, near the last price. */
export function freshLegs(
  isTwoLeg: boolean,
  instrument: Instrument | undefined,
  last: number | undefined,
): DraftLeg[] {
  if (!isTwoLeg) return [legAt(AWAY.single, "BUY", instrument, last)]
  return [legAt(AWAY.stop, "SELL", instrument, last), legAt(AWAY.target, "SELL", instrument, last)]
}

export function legsOf(gtt: Gtt): DraftLeg[] {
  return gtt.legs.map(({ trigger, transaction_type, quantity, price }) => ({
    trigger,
    transaction_type: transaction_type === "BUY" ? "BUY" : "SELL",
    quantity,
    price,
  }))
}

/** The products a GTT may have: CNC for shares, NRML for futures and options. */
export function productOf(instrument: Pick<Instrument, "expiry">): "CNC" | "NRML" {
  return instrument.expiry ? "NRML" : "CNC"
}

/** The legs to send; null while a field is empty. */
export function readyLegs(legs: readonly DraftLeg[], product: "CNC" | "NRML"): NewLeg[] | null {
  const made: NewLeg[] = []
  for (const { trigger, transaction_type, quantity, price } of legs) {
    if (trigger === "" || quantity === "" || price === "") return null
    made.push({ trigger, transaction_type, quantity, price, product })
  }
  return made
}

/** Validation messages by JSON pointer: {"/legs/0/trigger": "…"}; "" holds those without a field. */
export function errorsByField(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return error instanceof Error ? { "": error.message } : {}
  const found: Record<string, string> = {}
  for (const { pointer, message } of error.validationErrors) {
    const place = /^\/legs\/\d+\/(trigger|quantity|price|transaction_type)$/.test(pointer) ? pointer : ""
    found[place] = found[place] ? `${found[place]}; ${message}` : message
  }
  return error.validationErrors.length > 0 ? found : { "": error.message }
}
