import { expect, type Page } from "@playwright/test"

const RUNS = "/api/algo-workers/worker/options/runs"
const LIMITS = { stoploss_inr: 40_000, target_pct: 90, basis: "premium", leg_stoploss_pct: 300 }

interface Strike {
  CE: { tradingsymbol: string }
  PE: { tradingsymbol: string }
}

/** Next week's at-the-money call and put. */
export async function atTheMoney(page: Page): Promise<{ symbols: string[]; quantity: number }> {
  const answer = await page.request.get("/api/options/NIFTY/chain?window=0&expiry=next_week")
  const { rows, lot_size: quantity } = (await answer.json()) as { rows: Strike[]; lot_size: number }
  const [strike] = rows
  if (!strike) throw new Error("there is no option at the money")
  return { symbols: [strike.CE.tradingsymbol, strike.PE.tradingsymbol], quantity }
}

/** Create a short straddle of next week as its owner, without entering it. */
export async function makeStraddle(page: Page, name: string): Promise<string> {
  const { symbols, quantity } = await atTheMoney(page)
  const made = await page.request.post(RUNS, {
    data: {
      strategy_name: name,
      product: "NRML",
      legs: symbols.map((tradingsymbol) => ({ tradingsymbol, transaction_type: "SELL", quantity })),
      protection: LIMITS,
      metadata: {},
    },
  })
  expect(made.ok(), await made.text()).toBe(true)
  return ((await made.json()) as { strategy_run_id: string }).strategy_run_id
}

/** Enter an option run as its owner. */
export async function enterOptionRun(page: Page, id: string): Promise<void> {
  const entered = await page.request.post(`${RUNS}/${id}/enter`, { data: { metadata: {} } })
  expect(entered.ok(), await entered.text()).toBe(true)
}
