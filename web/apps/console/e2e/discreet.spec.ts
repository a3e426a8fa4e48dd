import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits } from "./care"
import { expectHidden, forgetDrawn, look, open, watchCanvases } from "./hidden-amounts"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })
test.setTimeout(300_000)

const WEALTH = ["overview", "holdings", "funds", "realised", "dividends", "ledger", "quality", "tax"]
const JOURNAL = ["trades", "calendar", "analysis", "discovery", "lost"]
const RESULT = ["overview", "trades", "returns", "drawdowns", "conviction", "skipped", "costs", "config"]

const PLACES = [
  "/",
  "/portfolios",
  "/positions",
  "/positions?show=closed",
  "/approvals",
  "/approvals?tab=placed",
  "/approvals?tab=history",
  "/cart",
  "/scanner",
  "/wealth?tab=holdings",
  "/wealth?tab=positions",
  "/wealth?tab=orders",
  "/wealth/reconciliation",
  ...WEALTH.map((tab) => `/net-worth?tab=${tab}`),
  ...JOURNAL.map((tab) => `/journal?tab=${tab}`),
  "/trading?tab=orders",
  "/trading?tab=positions",
  "/trading?tab=funds",
  "/gtts",
  "/gtts?tab=history",
  "/backtests",
  "/workers",
  "/workers?tab=options",
  "/risk",
  "/family",
  "/uploads",
  "/market",
  "/market/NSE:INFY",
  "/options",
  "/strategies",
  "/jobs",
  "/settings?tab=notifications",
  "/settings?tab=paper",
]

const HEADER =
  "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,order_execution_time"
/** Bought on three days and sold in part: holdings with lots, profit, and a tax report. */
const BOUGHT = [
  "INFY,INE009A01021,2024-06-03,NSE,EQ,EQ,buy,false,1237.000000,1400.000000,70000001,1170000001,2024-06-03T09:15:01",
  "TCS,INE467B01029,2024-06-04,NSE,EQ,EQ,buy,false,643.000000,3000.000000,70000002,1170000002,2024-06-04T09:15:01",
  "INFY,INE009A01021,2025-06-05,NSE,EQ,EQ,sell,false,219.000000,1500.000000,70000003,1170000003,2025-06-05T09:15:01",
]
const HELD = ["1,018", "1,237", "643", "219"]

test("an account has holdings, trades and a position", async ({ page }) => {
  await open(page, "/uploads")
  await page.locator('input[type="file"]').setInputFiles({
    name: "discreet.csv",
    mimeType: "text/csv",
    buffer: Buffer.from([HEADER, ...BOUGHT, ""].join("\n")),
  })
  await expect(page.getByText("3 new")).toBeVisible()
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await expect(page.getByRole("region", { name: "Uploads, table" })).toContainText("discreet.csv")
  await expect(async () => {
    await open(page, "/net-worth?tab=holdings")
    await expect(page.getByRole("table").first()).toContainText("1,018", { timeout: 5_000 })
  }).toPass({ timeout: 60_000 })
  await open(page, "/trading?ticket=NSE:INFY&isNew=true")
  const ticket = page.getByRole("dialog", { name: "Order ticket" })
  await expect(ticket.getByLabel("Limit price")).not.toHaveValue("")
  await ticket.getByRole("combobox", { name: "Type" }).click()
  await page.getByRole("option", { name: "Market", exact: true }).click()
  await ticket.getByLabel("Quantity").fill("7")
  await ticket.getByRole("button", { name: /^Buy 7 INFY at market · PAPER$/ }).click()
  await expect(ticket).toBeHidden()
})

/** The first link of a list to one of its rows. */
async function firstOf(page: Page, list: string, pattern: RegExp): Promise<string[]> {
  await open(page, list)
  const links = await page
    .locator("main a")
    .evaluateAll((all) => all.map((a) => a.getAttribute("href") ?? ""))
  return links.filter((href) => pattern.test(href)).slice(0, 1)
}

/** Every page, and one of each kind of detail that there is. */
async function placesOf(page: Page): Promise<string[]> {
  const runs = await firstOf(page, "/backtests", /^\/backtests\/[^/?]{6,}$/)
  return [
    ...PLACES,
    ...(await firstOf(page, "/portfolios", /^\/portfolios\/\d+$/)),
    ...(await firstOf(page, "/positions", /^\/positions\/\d+$/)),
    ...(await firstOf(page, "/positions?show=closed", /^\/positions\/\d+$/)),
    ...(await firstOf(page, "/workers?finished=true", /^\/workers\/[^/?]+$/)),
    ...runs.flatMap((run) => RESULT.map((tab) => `${run}?tab=${tab}`)),
  ]
}

const sign = (page: Page) => page.getByRole("button", { name: "Amounts hidden: show them" })

async function turn(page: Page, on: boolean): Promise<void> {
  if ((await sign(page).isVisible()) !== on) await page.keyboard.press("Shift+H")
  await expect(sign(page)).toBeVisible({ visible: on })
}

test("D10: the hotkey hides every amount and quantity on every page", async ({ page }) => {
  await watchCanvases(page)
  const places = await placesOf(page)
  await open(page, "/")
  await turn(page, false)
  let shown = 0
  for (const path of places) {
    await open(page, path)
    const { amounts, cells } = await look(page)
    shown += amounts.length + cells.length
  }
  // Of an account with data: the pages say many amounts.
  expect(shown).toBeGreaterThan(60)
  await open(page, "/")
  await turn(page, true)
  let masks = 0
  for (const path of places) {
    await open(page, path)
    await expect(sign(page)).toBeVisible()
    masks += await expectHidden(page, path)
    await shoot(page, `discreet${path.replaceAll(/[/?=:]/g, "-")}`)
  }
  expect(masks).toBeGreaterThan(60)
})

test("D10: what is on screen is hidden at once, and is the same again after", async ({ page }) => {
  await watchCanvases(page)
  await open(page, "/net-worth?tab=holdings")
  await turn(page, false)
  const table = page.getByRole("table").first()
  const before = await table.innerText()
  expect(before).toMatch(/₹[\d,]+/)
  expect(before).toContain(HELD[0])
  await forgetDrawn(page)
  await page.keyboard.press("Shift+H")
  await expect(sign(page)).toBeVisible()
  await expectHidden(page, "holdings, just hidden")
  const main = await page.getByRole("main").innerText()
  for (const quantity of HELD) expect(main).not.toContain(quantity)
  await page.keyboard.press("Shift+H")
  await expect(sign(page)).toBeHidden()
  expect(await table.innerText()).toBe(before)
})

test("D10: an amount is shown while it is pressed, and all while H is held", async ({ page }) => {
  await open(page, "/net-worth?tab=holdings")
  await turn(page, true)
  const amount = page.locator("[data-masked]").first()
  await expect(amount).toContainText("•••••")
  await amount.hover()
  await expect(amount).toContainText("•••••")
  await page.mouse.down()
  await expect(amount).toContainText(/\d/)
  await page.mouse.up()
  await expect(amount).toContainText("•••••")
  await page.mouse.move(0, 0)
  await page.keyboard.down("h")
  await expect(page.getByText("•••••")).toHaveCount(0)
  await page.keyboard.up("h")
  await expect(amount).toContainText("•••••")
})

test("D10: a form that is half typed stays, and says what it will send", async ({ page }) => {
  await open(page, "/trading?ticket=NSE:INFY&isNew=true")
  await turn(page, false)
  const ticket = page.getByRole("dialog", { name: "Order ticket" })
  await expect(ticket.getByLabel("Limit price")).not.toHaveValue("")
  await ticket.getByLabel("Quantity").fill("17")
  await page.keyboard.press("Shift+H") // typed into the field, where it is no hotkey
  const behind = page.locator("[aria-label='Amounts hidden: show them']")
  await expect(behind).toHaveCount(0)
  await ticket.getByLabel("Quantity").fill("17")
  await ticket.getByRole("radio").first().focus()
  await page.keyboard.press("Shift+H")
  await expect(behind).toHaveCount(1)
  await expect(ticket.getByLabel("Quantity")).toHaveValue("17")
  await expect(ticket.getByRole("button", { name: /^Buy 17 INFY at ₹[\d,.]+ · PAPER$/ })).toBeVisible()
  const preview = ticket.getByLabel("Preview")
  await expect(preview).toContainText(/Order value₹[\d,.]+/)
  await expect(preview).toContainText(/Available•••••/)
  await shoot(page, "discreet-ticket")
})

test("D10: the other tabs follow, and the browser remembers", async ({ page, context }) => {
  await open(page, "/")
  await turn(page, false)
  const other = await context.newPage()
  await open(other, "/net-worth?tab=holdings")
  await expect(other.locator("[data-masked]")).toHaveCount(0)
  await page.keyboard.press("Shift+H")
  await expect(sign(other)).toBeVisible()
  await expect(other.locator("[data-masked]").first()).toContainText("•••••")
  await other.reload()
  await expect(sign(other)).toBeVisible()
  await sign(other).click()
  await expect(sign(page)).toBeHidden()
  await page.bringToFront()
  await page.keyboard.press("Shift+?")
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" })
  await expect(help).toContainText("Hide amounts, or show them again")
})

test("D10: pages with hidden amounts fit and are accessible", async ({ page }) => {
  await open(page, "/")
  await turn(page, true)
  for (const [name, path] of [
    ["home", "/"],
    ["net-worth", "/net-worth?tab=holdings"],
    ["trading", "/trading?tab=positions"],
    ["portfolios", "/portfolios"],
  ] as const) {
    for (const [width, colorScheme] of [
      [390, "dark"],
      [1440, "light"],
    ] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await open(page, path)
      await expectFits(page, `${name} at ${width}`)
      await expectAccessible(page, `${name}, hidden, ${colorScheme}`)
      await shoot(page, `discreet-${name}-${width}-${colorScheme}`)
    }
  }
})
