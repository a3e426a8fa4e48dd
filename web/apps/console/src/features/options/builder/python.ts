import type { OptionSession, PreviewLeg } from "@tradertape/api/generated/types.gen.ts"

interface Written {
  session: OptionSession
  legs: PreviewLeg[]
  product: string
  name: string
  /** The base URL of this server. */
  origin: string
}

/** The relative name of an expiry, so that the script stays valid next week; otherwise the date. */
export function expiryWord(session: OptionSession, day: string): string {
  const words = ["current_week", "next_week", "current_month", "next_month"]
  return words.find((word) => session.expiry_words[word] === day) ?? day
}

/** Strikes away from the money: "ATM", "+2_strike". A strike off the grid is written as its number. */
export function moneyness(leg: PreviewLeg, session: OptionSession): string {
  const steps = ((leg.strike ?? 0) - session.atm_strike) / session.strike_step
  if (!Number.isInteger(steps)) return ""
  return steps === 0 ? "ATM" : `${steps > 0 ? "+" : "-"}${Math.abs(steps)}_strike`
}

function selection(leg: PreviewLeg, { session, legs }: Written): string {
  const away = moneyness(leg, session)
  const parts = [`"option_type": "${leg.option_type}"`]
  parts.push(away ? `"moneyness": "${away}"` : `"strike": ${leg.strike}`)
  // In a calendar spread, the leg's own expiry overrides the spread's.
  if (leg.expiry_key && leg.expiry_key !== legs[0]?.expiry_key)
    parts.push(`"expiry": "${expiryWord(session, leg.expiry_key)}"`)
  return `{${parts.join(", ")}}`
}

/** The strategy as worker code, with strikes relative to the money so that it stays valid tomorrow. */
export function pythonOf(written: Written): string {
  const { session, legs, product, name, origin } = written
  const lines = legs.map(
    (leg) =>
      `            SpreadLegSelection(selection=${selection(leg, written)}, transaction_type="${leg.transaction_type}", lots=${leg.lots}),`,
  )
  return `import os

from kite_algo_worker import (
    AlgoWorkerConfig,
    KiteAlgoWorkerClient,
    SpreadLegSelection,
    SpreadSpec,
    resolve_spread,
)

client = KiteAlgoWorkerClient(
    AlgoWorkerConfig(
        base_url="${origin}",
        token=os.environ["KITE_ALGO_WORKER_TOKEN"],
    )
)
client.options.ensure_session("${session.underlying}")

legs = resolve_spread(
    client.options,
    underlying="${session.underlying}",
    product="${product}",
    spec=SpreadSpec(
        spread_type="${name}",
        expiry="${expiryWord(session, legs[0]?.expiry_key ?? session.nearest_expiry)}",
        legs=[
${lines.join("\n")}
        ],
    ),
)

option_run = client.options.create_run(
    strategy_name="${name}",
    product="${product}",
    legs=[leg.model_dump(exclude_none=True) for leg in legs],
)
print(client.options.preview_entry(option_run["strategy_run_id"]))
`
}
