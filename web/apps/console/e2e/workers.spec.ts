import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, lookAround } from "./care"
import { makeRun, placeOrder } from "./made-run"
import { amountIn, moves, STILL_AT_MOST_MS } from "./moving"
import { shoot } from "./shots"
import { release, stop } from "./stopping"
import { startWorker, type Worker } from "./worker"

test.describe.configure({ mode: "serial" })
test.setTimeout(2 * STILL_AT_MOST_MS)

let worker: Worker | undefined
let run = ""

test.afterAll(() => worker?.stop())

/** The text of a code block on the page. */
const code = (page: Page, name: string) => page.getByRole("region", { name: `Code: ${name}` }).innerText()

const main = (page: Page) => page.getByRole("main")

test("a new user creates a token and starts the worker shown on the page", async ({ page }) => {
  await page.goto("/workers")
  await expect(page.getByText("A worker is your own strategy, in Python")).toBeVisible()
  await shoot(page, "workers-empty")
  await expectAccessible(page, "workers without a run")
  await main(page).getByRole("link", { name: "Create a token" }).click()
  const dialog = page.getByRole("dialog", { name: "New worker token" })
  await dialog.getByRole("textbox", { name: "What is it for?" }).fill("Journey worker")
  await shoot(page, "token-new")
  await dialog.getByRole("button", { name: "Create" }).click()
  await expect(page.getByRole("dialog").getByText(/^kwa_[\w-]{20}/)).toBeVisible()
  await shoot(page, "token-made")
  await expectAccessible(page, "a new token")
  worker = await startWorker(await code(page, "script"), await code(page, "environment"))
  await page.getByRole("button", { name: "I have copied it" }).click()
  await page.reload()
  await expect(page.getByRole("cell", { name: /^Journey worker kwa_/ })).toBeVisible()
  await expect(page.getByText(/kwa_[\w-]{20}/)).toBeHidden()
})

test("its run appears, is protected, and its profit updates", async ({ page }) => {
  await page.goto("/workers")
  const card = main(page).getByRole("link", { name: /First worker/ })
  await expect(card, worker?.said()).toBeVisible({ timeout: 40_000 })
  await expect(card).toContainText("1 position")
  await expect(card).toContainText("PAPER")
  await expect(card).toContainText(/Stop of INFY at [\d,.]+, [\d.]+% away/)
  await expect(card).toContainText("Worker alive")
  const before = amountIn(await card.innerText())
  await expect
    .poll(async () => amountIn(await card.innerText()), { timeout: STILL_AT_MOST_MS })
    .not.toBe(before)
  await shoot(page, "workers")
  await page.getByText("Compare", { exact: true }).click()
  await expect(page.getByRole("region", { name: "PAPER runs", exact: true }).getByRole("row")).toHaveCount(2)
  await shoot(page, "workers-compare")
  await page.getByText("Cards", { exact: true }).click()
  await card.click()
  await expect(page).toHaveURL(/\/workers\/first-/)
  run = page.url()
})

test("the run page shows its positions, updated with every tick", async ({ page }) => {
  await page.goto(run)
  const legs = page.getByRole("region", { name: "Legs" }).last()
  await expect(legs.getByRole("cell", { name: /^NSE:INFY CNC/ })).toBeVisible()
  await moves(legs.getByRole("row").nth(1).getByRole("cell").nth(3))
  await expect(
    page.getByRole("figure", { name: "Net profit over time" }).locator("canvas").first(),
  ).toBeVisible()
  await shoot(page, "run")
  await page.getByRole("tab", { name: "Orders and trades" }).click()
  await expect(page.getByRole("cell", { name: "BUY 1 NSE:INFY" }).first()).toBeVisible()
  await shoot(page, "run-orders")
  await expectAccessible(page, "orders of a run")
})

test("an invalid stop is rejected at its field, a reached stop fires, and the timeline shows why", async ({
  page,
}) => {
  await page.goto(`${run}?tab=protection`)
  await expect(page.getByText("Generation 1")).toBeVisible()
  const levels = page.getByText(/Entry [\d,.]+, Stop [\d,.]+/)
  await expect(levels).toBeVisible()
  const position = page.getByRole("group", { name: /^INFY/ })
  await position.getByRole("textbox", { name: "Trailing stop (%)" }).fill("-1")
  await page.getByRole("button", { name: "Save protection" }).click()
  await expect(position.getByText("must be positive, was -1")).toBeVisible()
  await shoot(page, "protection-refused")
  await position.getByRole("textbox", { name: "Trailing stop (%)" }).fill("")
  // A stop 2% below an entry 10% above the price is reached by the next tick.
  const entry = /Entry ([\d,.]+),/.exec(await levels.innerText())?.[1]?.replaceAll(",", "") ?? ""
  await position.getByRole("textbox", { name: "Entry price (₹)" }).fill((Number(entry) * 1.1).toFixed(2))
  await page.getByRole("textbox", { name: "Reason" }).fill("a stop that is reached")
  await page.getByRole("button", { name: "Save protection" }).click()
  await expect(page.getByText("The protection is saved")).toBeVisible()
  await expect(page.getByText("Generation 2")).toBeVisible()
  await shoot(page, "protection")
  await page.getByRole("tab", { name: "Timeline" }).click()
  const fired = page.getByRole("listitem").filter({ hasText: /^Stop triggered/ })
  await expect(fired).toContainText(/NSE:INFY at ₹[\d,.]+/)
  await expect(page.getByRole("listitem").filter({ hasText: "Filled: SELL 1 NSE:INFY" })).toBeVisible()
  await fired.getByRole("button", { name: /^Details/ }).click()
  await expect(fired.getByText("position_stoploss")).toBeVisible()
  await shoot(page, "timeline-stop")
  await expectAccessible(page, "the timeline of a stop")
  await page.getByText("Decisions", { exact: true }).click()
  await expect(fired).toBeHidden()
  await expect(page.getByRole("listitem").filter({ hasText: "Session claimed" })).toBeVisible()
})

test("the exit of a run is previewed, then closes the run and ends its worker", async ({ page }) => {
  await page.goto(run)
  await page.getByRole("button", { name: "Exit run" }).click()
  const dialog = page.getByRole("dialog")
  const leave = dialog.getByRole("button", { name: "Close the run · PAPER" })
  await expect(leave).toBeVisible()
  await shoot(page, "exit")
  await expectAccessible(page, "the exit of a run")
  await leave.click()
  await expect(page.getByRole("button", { name: "Exit run" })).toBeHidden()
  await expect(main(page).getByText("Closed", { exact: true })).toBeVisible()
  expect(await worker?.ended, worker?.said()).toBe(0)
  await page.goto("/workers")
  await expect(page.getByText("A worker is your own strategy, in Python")).toBeVisible()
  await page.getByRole("switch", { name: "Show finished" }).check()
  await expect(main(page).getByRole("link", { name: /First worker/ })).toContainText("Closed")
})

test("risk controls are validated and pending until the next heartbeat", async ({ page }) => {
  run = await makeRun(page, `controlled-${Date.now()}`)
  await page.goto(`${run}?tab=risk`)
  await page.getByRole("textbox", { name: "Orders a day" }).fill("99")
  await page.getByRole("button", { name: "Save 1 control" }).click()
  await expect(page.getByText("must be at most 50").first()).toBeVisible()
  await page.getByRole("textbox", { name: "Orders a day" }).fill("1")
  await page.getByRole("textbox", { name: "Daily loss (₹)" }).fill("4000")
  await expect(page.getByRole("button", { name: "Save 2 controls" })).toBeDisabled()
  await page.getByRole("textbox", { name: "Reason" }).fill("a calm day")
  await page.getByRole("button", { name: "Save 2 controls" }).click()
  await expect(page.getByText("The server's limits are in force; the worker reads them")).toBeVisible()
  await expect(page.getByText("Orders placed today: 1, the limit is 1")).toBeVisible()
  await shoot(page, "risk")
  await expectAccessible(page, "risk controls")
})

test("the kill switch states its effect, is clearly visible, and is lifted", async ({ page }) => {
  test.slow()
  await page.goto(run)
  await page.getByRole("button", { name: "Kill switch" }).click()
  const dialog = page.getByRole("dialog")
  await expect(dialog.getByText("Exit 1 open position at market")).toBeVisible()
  await dialog.getByRole("textbox", { name: "Reason" }).fill("journey")
  await shoot(page, "kill-switch")
  await expectAccessible(page, "the kill switch")
  await stop(page)
  const stopped = page.getByRole("button", { name: "Trading stopped" })
  await expect(stopped).toBeVisible()
  await expect(main(page).getByText("Halted", { exact: true }).first()).toBeVisible()
  await expect(page.getByText("kill_switch_active")).toBeVisible()
  await expect(page.getByRole("status").filter({ hasText: "Trading is stopped since" })).toContainText(
    "journey",
  )
  await shoot(page, "kill-switch-on")
  await stopped.click()
  await expect(dialog.getByRole("button", { name: "Resume trading" })).toBeDisabled()
  await release(page)
  await expect(page.getByRole("button", { name: "Kill switch" })).toBeVisible()
  await expect(page.getByText("kill_switch_active")).toBeHidden()
})

test("the kill switch is available in a dialog, which keeps its content", async ({ page }) => {
  test.slow()
  await page.goto(run)
  await page.getByRole("button", { name: "Exit run" }).click()
  const exit = page.getByRole("dialog", { name: /^Exit/ })
  await exit.getByRole("textbox", { name: "Reason" }).fill("half typed")
  await exit.getByRole("button", { name: "Kill switch" }).click()
  const ask = page.getByRole("dialog", { name: /^Stop all trading/ })
  await expect(ask.getByRole("button", { name: "Keep trading" })).toBeFocused()
  await shoot(page, "kill-switch-over-dialog")
  await page.keyboard.press("Escape")
  await expect(ask).toBeHidden()
  await expect(exit.getByRole("textbox", { name: "Reason" })).toHaveValue("half typed")
  await page.keyboard.press("Escape")
  await expect(exit).toBeHidden()
  await expect(page.getByRole("button", { name: "Exit run" })).toBeFocused()
  await page.goto("/gtts?isNew=true")
  const form = page.getByRole("dialog", { name: "New GTT" })
  await form.getByRole("button", { name: "Kill switch" }).click()
  await stop(page)
  await form.getByRole("button", { name: "Trading stopped" }).click()
  await release(page)
  await expect(form.getByRole("button", { name: "Kill switch" })).toBeVisible()
})

test("an exit shows its orders, their value and the mode, and reports them", async ({ page }) => {
  await page.goto(run)
  await page.getByRole("button", { name: "Exit run" }).click()
  const dialog = page.getByRole("dialog")
  await expect(dialog.getByText("SELL 10 NSE:INFY MARKET CNC")).toBeVisible()
  await dialog.getByRole("button", { name: /^Exit 1 position · ₹[\d,]+ · PAPER$/ }).click()
  await expect(main(page).getByText("Closed", { exact: true })).toBeVisible()
  await expect(page.getByRole("listitem").filter({ hasText: "Exit done" })).toBeVisible()
})

let lookedAt = ""

test("the pages look right at every width, light and dark", async ({ page }) => {
  test.setTimeout(600_000)
  lookedAt = await makeRun(page, `looked-at-${Date.now()}`)
  for (const [name, path] of [
    ["workers", "/workers"],
    ["tokens", "/workers?tab=tokens"],
    ["run", lookedAt],
    ["run-protection", `${lookedAt}?tab=protection`],
  ] as const) {
    await test.step(name, () => lookAround(page, name, path))
  }
})

test("on a phone an open order is cancelled without a scroll to the side", async ({ page }) => {
  const asked = await page.request.post("/api/algo-workers/worker/market/quotes", {
    data: { symbols: ["NSE:INFY"], instrument_tokens: [], mode: "ltp" },
  })
  const { quotes } = (await asked.json()) as { quotes: Record<string, { last_price: number }> }
  const price = Math.round((quotes["NSE:INFY"]?.last_price ?? 0) * 0.98)
  const terms = { order_type: "LIMIT", price, quantity: 3 }
  await placeOrder(page, lookedAt.replace("/workers/", ""), "journey-2", terms)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${lookedAt}?tab=orders`)
  const cancel = page.getByRole("button", { name: "Cancel remaining 3" })
  await cancel.scrollIntoViewIfNeeded()
  await expect(cancel).toBeInViewport({ ratio: 1 })
  expect(
    await page
      .getByRole("region", { name: "Orders" })
      .last()
      .evaluate((one) => one.scrollLeft),
  ).toBe(0)
  await expectAccessible(page, "orders of a run on a phone")
  await shoot(page, "run-orders-390")
  await cancel.click()
  await expect(page.getByText("The order is cancelled")).toBeVisible()
  await expect(page.getByRole("cell", { name: /BUY 3 INFY LIMIT.*Cancelled/ })).toBeVisible()
  await expect(cancel).toBeHidden()
})

test("another user sees none of it", async ({ browser, baseURL }) => {
  const { OTHER_EMAIL: email = "", OTHER_PASSWORD: password = "" } = process.env
  const context = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } })
  const signedIn = await context.request.post("/api/auth/password-login", { data: { email, password } })
  expect(signedIn.ok(), await signedIn.text()).toBe(true)
  const page = await context.newPage()
  await page.goto("/workers?finished=true")
  await expect(page.getByText("No runs match these filters.")).toBeVisible()
  await page.goto(lookedAt)
  await expect(page.getByRole("alert")).toContainText("Request")
  await shoot(page, "run-of-another")
  await context.close()
})
