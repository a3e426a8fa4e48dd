import { expect, type Page, test } from "@playwright/test"
import { expectAccessible } from "./care"
import { moves, STILL_AT_MOST_MS } from "./moving"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })
test.setTimeout(2 * STILL_AT_MOST_MS)

const RUNS = "/api/algo-workers/worker/options/runs"
const LIMITS = { stoploss_inr: 40_000, target_pct: 90, basis: "premium", leg_stoploss_pct: 300 }

interface Strike {
  CE: { tradingsymbol: string }
  PE: { tradingsymbol: string }
}

/** Next week's at-the-money call and put. */
async function atTheMoney(page: Page): Promise<{ symbols: string[]; quantity: number }> {
  const answer = await page.request.get("/api/options/NIFTY/chain?window=0&expiry=next_week")
  const { rows, lot_size: quantity } = (await answer.json()) as { rows: Strike[]; lot_size: number }
  const [strike] = rows
  if (!strike) throw new Error("there is no option at the money")
  return { symbols: [strike.CE.tradingsymbol, strike.PE.tradingsymbol], quantity }
}

/** Create a short straddle of next week as its owner, without entering it. */
async function makeStraddle(page: Page, name: string): Promise<string> {
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

async function enter(page: Page, id: string): Promise<void> {
  const entered = await page.request.post(`${RUNS}/${id}/enter`, { data: { metadata: {} } })
  expect(entered.ok(), await entered.text()).toBe(true)
}

test("an option run from creation to exit", async ({ page }) => {
  await page.goto("/options")
  await page.getByRole("link", { name: "Option runs" }).click()
  await expect(page.getByText("No option run is open")).toBeVisible()
  await shoot(page, "option-runs-empty")

  const { symbols } = await atTheMoney(page)
  await page.goto(`/options?legs=${symbols.map((symbol) => `S1.${symbol}`).join(",")}`)
  await page.getByRole("button", { name: "Create option run" }).click()
  const making = page.getByRole("dialog", { name: "Create option run" })
  await making.getByRole("textbox", { name: "Name" }).fill("Journey straddle")
  await expect(making.getByText("Without a limit the run is unprotected")).toBeVisible()
  await making.getByRole("textbox", { name: "Exit at loss" }).fill("40000")
  await shoot(page, "option-run-make")
  await expectAccessible(page, "the making of an option run")
  await making.getByRole("button", { name: "Create run · PAPER" }).click()
  await expect(page).toHaveURL(/\/workers\/run_/)
  await expect(page.getByText("Protection is armed on entry")).toBeVisible()
  const strategy = page.getByRole("region", { name: "The strategy" })
  await expect(strategy).toContainText(/Entry margin₹[\d,.]+/)
  await shoot(page, "option-run-new")

  await page.getByRole("button", { name: "Enter", exact: true }).click()
  const entering = page.getByRole("dialog", { name: /^Enter/ })
  await expect(entering.getByRole("listitem")).toHaveCount(2)
  await shoot(page, "option-run-enter")
  await expectAccessible(page, "the entry of an option run")
  await entering.getByRole("button", { name: /^Place 2 orders · needs ₹[\d,]+ · PAPER$/ }).click()
  await expect(strategy).toContainText("All legs are filled and protected together")
  await expect(strategy).toContainText("Premium received")
  const legs = page.getByRole("region", { name: "Option legs" }).last()
  await expect(legs.getByRole("row")).toHaveCount(3)
  await moves(legs.getByRole("row").nth(1).getByRole("cell").nth(2))
  await shoot(page, "option-run")
  await expectAccessible(page, "an option run")

  await page.getByRole("tab", { name: "Protection" }).click()
  const steps = page.getByRole("list", { name: "Next actions" })
  await expect(steps).toContainText(/Basket stopa loss of ₹40,000/)
  const stop = page.getByRole("textbox", { name: "Stop", exact: true })
  await stop.fill("-5")
  await page.getByRole("button", { name: "Save protection" }).click()
  await expect(page.getByText("must be positive, was -5")).toBeVisible()
  await stop.fill("50000")
  await page.getByRole("button", { name: "Replay since entry" }).click()
  await expect(page.getByText("The edited rules would not have fired")).toBeVisible()
  await page.getByRole("button", { name: "Save protection" }).click()
  await expect(page.getByText("Generation 3")).toBeVisible()
  await expect(steps).toContainText(/Basket stopa loss of ₹50,000/)
  await shoot(page, "option-run-protection")
  await expectAccessible(page, "the protection of an option run")

  await page.getByRole("button", { name: "Exit run" }).click()
  const dialog = page.getByRole("dialog", { name: /^Exit/ })
  await expect(dialog.getByRole("listitem")).toHaveCount(2)
  await expect(dialog.getByRole("listitem").first()).toContainText(/BUY \d+ NFO:NIFTY/)
  await shoot(page, "option-run-exit")
  await dialog.getByRole("button", { name: /^Exit 2 positions/ }).click()
  await expect(strategy).toContainText("All legs and the run are closed")
})

test("one option run stays open for the page checks", async ({ page }) => {
  await enter(page, await makeStraddle(page, "Straddle to look at"))
  await page.goto("/workers?tab=options")
  await expect(page.getByRole("link", { name: /Straddle to look at/ })).toContainText(
    /Received ₹[\d,.]+ per unit/,
  )
  await shoot(page, "option-runs")
})
