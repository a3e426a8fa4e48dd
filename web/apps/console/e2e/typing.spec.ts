import { expect, type Page, test } from "@playwright/test"
import { makeRun } from "./made-run"
import { AMOUNT, PERCENT, PRICE, QUANTITY, SHARE, typeInAHurry } from "./typing"

test.setTimeout(180_000)

const field = (page: Page, name: string | RegExp) => page.getByRole("textbox", { name, exact: true })

test("a GTT, single and with two legs, and its change", async ({ page }) => {
  await page.goto("/gtts?isNew=true&make=NSE:INFY")
  const form = page.getByRole("dialog")
  await expect(field(page, "trigger price")).toHaveValue(/^\d/)
  for (const name of ["trigger price", "limit price"]) await typeInAHurry(field(page, name), PRICE)
  await typeInAHurry(field(page, "quantity"), QUANTITY)
  // What the button says is what was typed.
  await expect(
    form.getByRole("button", { name: "Place GTT: buy 2,250 INFY at ₹1,450.50 · PAPER" }),
  ).toBeVisible()
  await form.getByText("Stop and target", { exact: true }).click()
  for (const leg of ["Stop, below the price", "Target, above the price"]) {
    for (const name of ["trigger price", "limit price"])
      await typeInAHurry(field(page, `${leg}, ${name}`), PRICE)
    await typeInAHurry(field(page, `${leg}, quantity`), QUANTITY)
  }
  await form.getByText("Single", { exact: true }).click()
  await form.getByRole("button", { name: "-5 percent from the last price" }).click()
  await form.getByRole("button", { name: /^Place GTT: buy 1 INFY/ }).click()
  await page
    .getByRole("region", { name: "Active GTTs" })
    .getByRole("button", { name: /^Change/ })
    .first()
    .click()
  await typeInAHurry(field(page, "trigger price"), PRICE)
  await typeInAHurry(field(page, "quantity"), QUANTITY)
})

test("a GTT on a future steps by the lot and says how many lots there are", async ({ page }) => {
  const found = await page.request.get("/api/instruments/search?query=nifty%20fut&limit=5")
  const future = ((await found.json()) as { instrument: string; lot_size: number }[]).find(({ instrument }) =>
    /NFO:NIFTY\d{2}[A-Z]{3}FUT/.test(instrument),
  )
  if (!future) throw new Error("there is no future of the NIFTY")
  await page.goto(`/gtts?isNew=true&make=${future.instrument}`)
  const quantity = field(page, "quantity")
  await expect(quantity).toHaveValue(String(future.lot_size))
  await quantity.press("ArrowUp")
  await expect(quantity).toHaveValue(String(2 * future.lot_size))
  await expect(page.getByText(`2 lots of ${future.lot_size}`)).toBeVisible()
  await quantity.press("ControlOrMeta+a")
  await page.keyboard.type("7")
  await expect(page.getByText(`In lots of ${future.lot_size}`)).toBeVisible()
})

interface Chain {
  rows: { CE: { tradingsymbol: string } }[]
}

test("the options builder and the limits of an option run", async ({ page }) => {
  const answer = await page.request.get("/api/options/NIFTY/chain?window=0&expiry=next_week")
  const symbol = ((await answer.json()) as Chain).rows[0]?.CE.tradingsymbol
  await page.goto(`/options?legs=S1.${symbol}`)
  const lots = page.getByRole("textbox", { name: /^Lots of/ })
  await typeInAHurry(lots, QUANTITY)
  await expect(page).toHaveURL(/S2250\./)
  // Emptied and left, it shows the lots that the leg has.
  await lots.fill("")
  await page.keyboard.press("Tab")
  await expect(lots).toHaveValue("2,250")
  await lots.fill("1")
  await page.getByRole("button", { name: "Create option run" }).click()
  await typeInAHurry(field(page, "Exit at loss (₹)"), AMOUNT)
  await typeInAHurry(field(page, "Exit at profit (₹)"), AMOUNT)
  await page.getByRole("button", { name: "Create run · PAPER" }).click()
  await expect(page).toHaveURL(/\/workers\/run_/)
  await page.getByRole("tab", { name: "Protection" }).click()
  await expect(field(page, "Stop")).toHaveValue("40,000")
  await typeInAHurry(field(page, "Stop"), AMOUNT)
  await typeInAHurry(field(page, "Target"), AMOUNT)
  for (const name of ["Trail from a profit of (%)", "Trailing distance (%)", "Leg stop (%)"])
    await typeInAHurry(field(page, name), PERCENT)
})

test("the protection and the risk controls of a run", async ({ page }) => {
  const run = await makeRun(page, `typed-at-${Date.now()}`)
  await page.goto(`${run}?tab=protection`)
  await page.getByRole("button", { name: /^Protect INFY/ }).click()
  await typeInAHurry(field(page, "Quantity"), QUANTITY)
  await typeInAHurry(field(page, "Entry price (₹)"), PRICE)
  const position = page.getByRole("group", { name: /^INFY/ })
  for (const name of ["Stop (%)", "Target (%)", "Trailing stop (%)"])
    await typeInAHurry(position.getByRole("textbox", { name, exact: true }), PERCENT)
  await page.goto(`${run}?tab=risk`)
  await typeInAHurry(field(page, "Orders a day"), QUANTITY)
  await typeInAHurry(field(page, "Daily loss (₹)"), { ...PERCENT, pastes: "₹3" })
})

test("a strategy's numbers, which stay as they were while a field is empty", async ({ page }) => {
  await page.goto("/strategies?tab=templates")
  await page.getByRole("article", { name: "Dip Buyer" }).getByRole("button", { name: "Fork" }).click()
  await expect(page).toHaveURL(/\/strategies\/\d+$/)
  await typeInAHurry(field(page, "Target (%)"), PERCENT)
  const number = page.getByRole("textbox", { name: /, number$/ }).first()
  await typeInAHurry(number, PERCENT)
  await number.fill("")
  await page.waitForTimeout(300)
  await expect(number).toHaveValue("")
  await number.blur()
  await expect(number).toHaveValue("3")
})

test("a backtest's money and a paper account's cash", async ({ page }) => {
  await page.goto("/backtests/new")
  await typeInAHurry(field(page, "Starting capital (₹)"), { ...AMOUNT, above: "1,00,000", showsPasted: "0" })
  await typeInAHurry(field(page, "Position size (% of equity)"), PERCENT)
  await typeInAHurry(field(page, "Maximum open positions"), QUANTITY)
  await page.goto("/settings?tab=accounts")
  await typeInAHurry(field(page, "Cash (₹)"), { ...AMOUNT, above: "1,00,000", showsPasted: "0" })
})

const CLOSE = { type: "indicator", name: "close" }
const UPPER_BAND = { type: "indicator", fn: "bbands", params: { period: 20, multiplier: 2 }, output: "upper" }
const ABOVE = { type: "compare", left: CLOSE, op: ">", right: { type: "literal", value: 100 } }

test("the numbers of conditions and of an indicator's settings", async ({ page, baseURL }) => {
  const made = await page.request.post("/api/strategies", {
    headers: { Origin: baseURL ?? "" },
    data: {
      name: "Numbers everywhere",
      base_model: "v0_dart_monkey",
      entry_rules: {
        type: "and",
        conditions: [
          { type: "count", at_least: 1, conditions: [ABOVE, ABOVE] },
          { type: "for_bars", bars: 3, condition: ABOVE },
          { type: "random", prob: 0.05, seed: 0 },
          { type: "compare", left: CLOSE, op: ">", right: UPPER_BAND },
        ],
      },
    },
  })
  expect(made.ok(), await made.text()).toBe(true)
  const { id } = (await made.json()) as { id: number }
  await page.goto(`/strategies/${id}`)
  for (const name of ["Minimum number of conditions", "Number of days", "Seed"])
    await typeInAHurry(field(page, name), QUANTITY)
  // A share is kept as a fraction: 7 % must not come back as 7.000000000000001.
  await typeInAHurry(field(page, "Probability in percent"), SHARE)
  await page.getByRole("button", { name: /^Entry, 4, right side, settings/ }).click()
  await typeInAHurry(field(page, "period"), QUANTITY)
  await typeInAHurry(field(page, "multiplier"), PERCENT)
  await typeInAHurry(field(page, "Days before"), QUANTITY)
  await expect(page.getByText("0 to 250", { exact: true })).toBeVisible()
  const days = field(page, "Days before")
  await days.fill("")
  await page.waitForTimeout(300)
  await expect(days).toHaveValue("")
  await days.fill("2")
  await expect(page.getByText("0 to 250", { exact: true })).toBeHidden()
})

test("the ranges and counts of a study", async ({ page }) => {
  const runs = (await (await page.request.get("/api/backtest/runs")).json()) as { run_id: string }[]
  await page.goto(`/backtests/${runs[0]?.run_id}?tab=robustness`)
  const open = (kind: string) =>
    page.getByText(kind, { exact: true }).first().locator("..").getByRole("button").click()
  const start = page.getByRole("button", { name: "Start", exact: true }).last()
  await open("Parameter search")
  for (const name of ["From", "To", "Step"]) await typeInAHurry(field(page, name), PERCENT)
  await typeInAHurry(field(page, "Trials"), QUANTITY)
  await expect(page.getByText("1 to 1,000", { exact: true })).toBeVisible()
  await expect(start).toBeDisabled()
  await field(page, "Trials").fill("40")
  await expect(start).toBeEnabled()
  await page.keyboard.press("Escape")
  await open("Walk-forward")
  for (const name of ["Optimise on (months)", "Test on (months)"])
    await typeInAHurry(field(page, name), QUANTITY)
})
