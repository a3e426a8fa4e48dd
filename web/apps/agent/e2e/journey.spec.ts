import { readFileSync } from "node:fs"
import { type APIRequestContext, expect, type Page, request, test } from "@playwright/test"
import { shoot } from "./care"

/**
 * With a server and a sandbox broker beside the agent. SERVER_URL, SERVER_SESSION: the server and who is signed in.
 * SANDBOX_URL: the broker. PORTFOLIO, SIGNAL: what was scanned. SESSIONS: the agent's file of sessions at brokers.
 */
const {
  SERVER_URL = "",
  SERVER_SESSION = "",
  SANDBOX_URL = "",
  PORTFOLIO = "",
  SIGNAL = "",
  SESSIONS = "",
} = process.env

interface Leg {
  symbol: string
  quantity: number
  trigger_price: number
}

let server: APIRequestContext

const read = async <T>(path: string): Promise<T> => (await server.get(`${SERVER_URL}/api/${path}`)).json()

/** A signal as the server has it. */
async function signal(): Promise<Leg & { status: string; gtt_status: string | null }> {
  const found = await read<(Leg & { id: number; status: string; gtt_status: string | null })[]>(
    `model/signals?portfolio_id=${PORTFOLIO}&limit=500`,
  )
  const one = found.find(({ id }) => String(id) === SIGNAL)
  if (!one) throw new Error(`the server has no signal ${SIGNAL}`)
  return one
}

/** Have the agent poll, and look again, until something is seen: nothing waits for its next half minute. */
async function polledUntil(page: Page, seen: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.getByRole("button", { name: /^(Check|Compare) now$/ }).click()
    await seen()
  }).toPass({ timeout: 60_000 })
}

/** Orders at the broker as another terminal of the same person. */
async function boughtElsewhere(symbol: string, quantity: number): Promise<void> {
  const { kite } = JSON.parse(readFileSync(SESSIONS, "utf8"))
  const placed = await server.post(`${SANDBOX_URL}/orders/regular`, {
    headers: { Authorization: `token ${kite.api_key}:${kite.access_token}` },
    form: {
      exchange: "NSE",
      tradingsymbol: symbol,
      transaction_type: "BUY",
      quantity,
      product: "CNC",
      order_type: "MARKET",
      validity: "DAY",
      market_protection: -1,
    },
  })
  expect(placed.ok(), await placed.text()).toBe(true)
}

test("a scanned signal is approved on a phone, placed, filled and reported; drift is shown", async ({
  page,
}) => {
  server = await request.newContext({ extraHTTPHeaders: { Cookie: `kite_session=${SERVER_SESSION}` } })
  const { symbol, quantity, trigger_price } = await signal()
  await page.goto("/#/brokers")
  const opened = page.waitForEvent("popup")
  await page.getByRole("button", { name: "Log in to Zerodha Kite" }).click()
  const login = await opened
  await login.getByRole("button").click()
  await expect(login.getByText("Connected", { exact: true })).toBeVisible()
  await login.close()

  await page.goto("/#/signals")
  const card = page.getByRole("article", { name: `Signal ${SIGNAL}`, exact: true })
  await expect(card).toContainText(`Buy NSE:${symbol}`)
  await expect(card).toContainText("SANDBOX")
  await card.getByRole("button", { name: /^Approve GTT for ₹[\d,.]+ · SANDBOX$/ }).click()
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Place GTT for ₹[\d,.]+ · SANDBOX$/ })
    .click()
  await polledUntil(page, () => expect(card).toContainText("GTT waiting at the broker", { timeout: 1_000 }))
  await shoot(page, "journey-placed-390")

  const prices = { [`NSE:${symbol}`]: trigger_price.toFixed(2) }
  expect((await server.put(`${SANDBOX_URL}/admin/prices`, { data: { prices } })).ok()).toBe(true)
  await page.getByText("Ended", { exact: true }).click()
  // What waited for approval has ended as well, in a card of its own.
  const filled = card.filter({ hasText: `${quantity} of ${quantity} filled` })
  await polledUntil(page, () => expect(filled).toContainText("Filled", { timeout: 1_000 }))
  await shoot(page, "journey-filled-390")
  await expect
    .poll(
      async () =>
        (
          await read<{ symbol: string; open_quantity: number }[]>(`model/positions?portfolio_id=${PORTFOLIO}`)
        )[0],
    )
    .toMatchObject({ symbol, open_quantity: quantity })
  const dashboard = await read<{ portfolio: { open_positions: number; equity: number } }>(
    `model/dashboard?portfolio_id=${PORTFOLIO}`,
  )
  expect(dashboard.portfolio.open_positions).toBe(1)
  expect(dashboard.portfolio.equity).toBeGreaterThan(0)

  await boughtElsewhere(symbol, 3)
  await page.goto("/#/reconciliation")
  const drift = page.getByRole("article", { name: `Drift of NSE:${symbol}` })
  await polledUntil(page, () => expect(drift).toContainText("Bought outside TraderTape", { timeout: 1_500 }))
  await expect(drift).toContainText("Difference+3")
  await shoot(page, "journey-drift-390")
})
