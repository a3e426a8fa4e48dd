import { writeFileSync } from "node:fs"
import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits, lookAround } from "./care"
import { shoot } from "./shots"

/** The file that sets the server's clock (tests/flows/moved_clock.py); without it there is no next day. */
const CLOCK = process.env.MOVED_CLOCK ?? ""
const EVENING = "2026-06-10T19:00:00+05:30"
const NEXT_EVENING = "2026-06-11T19:00:00+05:30"
const WEEK_LATER = "2026-06-17T19:00:00+05:30"

test.describe.configure({ mode: "serial" })
test.setTimeout(300_000)
test.skip(CLOCK === "", "needs a server whose clock can be moved")

let portfolio = ""
let story = ""

/** Move the server to an instant, and the page with it. */
async function moveTo(page: Page, instant: string): Promise<void> {
  writeFileSync(CLOCK, instant)
  await page.clock.setFixedTime(new Date(instant))
}

/** Scan until a day is reached; the schedule may be scanning at the same moment. */
async function scanTo(page: Page, day: string): Promise<void> {
  await page.getByRole("button", { name: "Scan now" }).click()
  await expect(async () => {
    await page.reload()
    await expect(page.getByTestId("next")).toContainText(`Scanned to ${day}`, { timeout: 8_000 })
  }).toPass({ timeout: 90_000 })
}

test("deploy a template in three fields, and scan it", async ({ page }) => {
  await moveTo(page, EVENING)
  await page.goto("/approvals")
  await expect(page.getByText("Nothing waits for you")).toBeVisible()
  await page.goto("/portfolios")
  await expect(page.getByText("No portfolio yet")).toBeVisible()
  await shoot(page, "portfolios-empty")
  await page.goto("/strategies?tab=templates")
  await page
    .getByRole("article", { name: "Momentum" })
    .getByRole("button", { name: "Paper-trade Momentum" })
    .click()
  const dialog = page.getByRole("dialog", { name: "Paper-trade this strategy" })
  await dialog.getByRole("textbox", { name: "Name" }).fill("Journey")
  await dialog.getByRole("textbox", { name: "Capital (₹)" }).fill("500000")
  await dialog.getByRole("button", { name: "More settings" }).click()
  await dialog.getByRole("combobox", { name: "Purchases are filled" }).click()
  await page.getByRole("option", { name: "At the next open" }).click()
  await shoot(page, "deploy")
  await dialog.getByRole("button", { name: "Deploy with ₹5.00 L · PAPER" }).click()
  await expect(page).toHaveURL(/\/portfolios\/\d+/)
  portfolio = new URL(page.url()).pathname
  await expect(page.getByTestId("next")).toContainText("Not scanned yet")
  await shoot(page, "portfolio-new")
  await scanTo(page, "10 Jun 2026. Next scan 11 Jun 2026, 16:15 IST")
})

test("approve two by keyboard, reject one, and place the cart", async ({ page }) => {
  await moveTo(page, EVENING)
  await page.goto(portfolio)
  await page.getByRole("link", { name: /^Review \d+ signals$/ }).click()
  const rows = page.getByRole("list", { name: "Signals" }).getByRole("listitem")
  await expect(rows.first()).toBeVisible()
  const waiting = await rows.count()
  expect(waiting).toBeGreaterThan(3)
  await expect(page.getByText("14 h 15 min left").first()).toBeVisible()
  await expect(page.getByText("Every check passes")).toBeVisible()
  await expect(page.getByRole("region", { name: /^Why / })).toContainText("above its 20-day average")
  await expect(page.getByRole("figure").locator("canvas").first()).toBeVisible()
  await shoot(page, "approvals")
  for (const left of [1, 2]) {
    await page.keyboard.press("a")
    await expect(rows).toHaveCount(waiting - left)
    await expect(page.getByRole("link", { name: `Cart (${left})` })).toBeVisible()
  }
  await page.keyboard.press("r")
  await expect(rows).toHaveCount(waiting - 3)
  const rail = page.getByRole("navigation", { name: "Main", exact: true })
  await expect(rail.getByRole("img", { name: /to decide$/ })).toHaveText(String(waiting - 3))
  await page.getByRole("link", { name: "Cart (2)" }).click()
  await page.getByRole("button", { name: "Dry run" }).click()
  await expect(page.getByRole("status")).toContainText("2 orders would be placed. Nothing was placed")
  await shoot(page, "cart-dry-run")
  await page.getByRole("button", { name: /^Place 2 orders for ₹[\d,]+ · PAPER$/ }).dblclick()
  await expect(page.getByRole("status")).toContainText("2 orders placed.")
  await expect(page.getByText("The cart is empty")).toBeVisible()
  await shoot(page, "cart-placed")
})

test("the next day fills them, and each position tells its story", async ({ page }) => {
  await moveTo(page, NEXT_EVENING)
  await page.goto(portfolio)
  await scanTo(page, "11 Jun 2026")
  const positions = page.getByRole("region", { name: "Positions, table" })
  await expect(positions.getByRole("link")).toHaveCount(2)
  await shoot(page, "portfolio")
  await positions.getByRole("link").first().click()
  const events = page.getByRole("list", { name: "Story" }).getByRole("listitem")
  await expect(events.first()).toContainText("Signal10 Jun 2026, 19:00 IST, scan")
  for (const title of ["Approved", "Order placed", "Order taken", "Triggered", "Bought"])
    await expect(events.filter({ hasText: title }).first()).toBeVisible()
  story = new URL(page.url()).pathname
  await shoot(page, "story")
})

test("the scanner says why a stock was no signal, and Home what is next", async ({ page }) => {
  await moveTo(page, NEXT_EVENING)
  await page.goto("/scanner")
  const funnel = page.getByRole("list", { name: "Funnel" })
  await expect(funnel).toContainText("Evaluated100")
  await expect(funnel).toContainText("Entry rules or filters did not hold")
  const groups = page.getByRole("region", { name: "Every stock, by its reason" })
  await groups.getByRole("button").filter({ hasNotText: "more" }).last().click()
  await expect(page.getByRole("region", { name: /, day by day$/ })).toBeVisible()
  await expect(page.getByRole("heading", { name: "Entry rules", exact: true })).toBeVisible()
  await shoot(page, "scanner")
  await page.goto("/")
  await expect(page.getByRole("region", { name: "Waits for your approval" })).toBeVisible()
  await expect(page.getByText("12 Jun 2026, 16:15 IST")).toBeVisible()
  await shoot(page, "home-dashboard")
})

test("the pages fit every width and are accessible, light and dark", async ({ page }) => {
  await moveTo(page, NEXT_EVENING)
  await page.goto("/approvals")
  await page.getByRole("list", { name: "Signals" }).getByRole("listitem").first().waitFor()
  await page.keyboard.press("a")
  await expect(page.getByRole("link", { name: "Cart (1)" })).toBeVisible()
  const places = {
    "models-home": "/",
    portfolios: "/portfolios",
    "portfolio-detail": portfolio,
    "approvals-queue": "/approvals",
    "approvals-history": "/approvals?tab=history",
    cart: "/cart",
    "model-positions": "/positions",
    "position-story": story,
    "scanner-page": "/scanner",
  }
  for (const [name, path] of Object.entries(places)) await test.step(name, () => lookAround(page, name, path))
})

test("deploy, scan, approve two, place, prices move, a stop sells, and the story says why", async ({
  page,
}) => {
  await moveTo(page, EVENING)
  const { strategy_id } = (await (await page.request.get("/api/model/portfolios")).json())[0]
  const settings = { name: "Tight", universe: "nifty_100", paper_fill: "next_open", atr_stop_multiplier: 0.3 }
  const made = await page.request.post("/api/model/portfolios/deploy", { data: { strategy_id, ...settings } })
  expect(made.status()).toBe(201)
  const { id } = await made.json()
  await page.goto(`/portfolios/${id}`)
  await scanTo(page, "10 Jun 2026")
  await page.goto(`/approvals?portfolio=${id}`)
  const rows = page.getByRole("list", { name: "Signals" }).getByRole("listitem")
  await expect(rows.first()).toBeVisible()
  const waiting = await rows.count()
  for (const left of [1, 2]) {
    await page.keyboard.press("a")
    await expect(rows).toHaveCount(waiting - left)
  }
  await page.goto("/cart")
  await page.getByRole("button", { name: /^Place \d+ orders for ₹[\d,]+ · PAPER$/ }).click()
  await expect(page.getByRole("status")).toContainText("placed.")
  await moveTo(page, NEXT_EVENING)
  await page.goto(`/portfolios/${id}`)
  await scanTo(page, "11 Jun 2026")
  await moveTo(page, WEEK_LATER)
  await page.goto(`/portfolios/${id}`)
  await scanTo(page, "17 Jun 2026")
  await expect(page.getByRole("region", { name: "Beside its backtest" })).toContainText("against it")
  await expect(page.getByRole("region", { name: "Causes of the gap, table" })).toContainText("Skipped")
  await page.getByRole("region", { name: "Causes of the gap, table" }).scrollIntoViewIfNeeded()
  await shoot(page, "twin")
  await lookAround(page, "twin-portfolio", `/portfolios/${id}`)
  await page.setViewportSize({ width: 1440, height: 900 })
  const closed = page.getByRole("region", { name: "Closed trades, table" })
  await closed.getByRole("link").first().click()
  const events = page.getByRole("list", { name: "Story" }).getByRole("listitem")
  for (const title of ["Signal", "Approved", "Order placed", "Bought", "Stop armed", "Sold:"])
    await expect(events.filter({ hasText: title }).first()).toBeVisible()
  await expect(events.filter({ hasText: "Sold:" })).toContainText("stop")
  await shoot(page, "story-of-a-stop")
  await page.setViewportSize({ width: 390, height: 844 })
  await expectFits(page, "the story of a stop on a phone")
  await expectAccessible(page, "the story of a stop on a phone")
  await shoot(page, "story-of-a-stop-390")
})

test("going live says what it does in numbers and asks twice", async ({ page }) => {
  await moveTo(page, WEEK_LATER)
  await page.goto(portfolio)
  await page.getByRole("button", { name: "More actions" }).click()
  await page.getByRole("menuitem", { name: "Trade it live" }).click()
  const dialog = page.getByRole("dialog", { name: "Trade Journey live?" })
  const deploy = dialog.getByRole("button", { name: "Deploy with ₹5,00,000 · LIVE" })
  await expect(deploy).toBeDisabled()
  await expect(dialog).toContainText("Nothing is bought before you approve and place it")
  await dialog.getByRole("checkbox").check()
  await expectAccessible(page, "going live")
  await shoot(page, "promote")
  await deploy.click()
  await expect(dialog).toContainText("It was not deployed")
  await expect(dialog).toContainText("no account at kite")
  await shoot(page, "promote-refused")
  await dialog.getByRole("button", { name: "Keep it on paper" }).click()
  await expect(dialog).toBeHidden()
})

test("pause says what it ends and what it keeps", async ({ page }) => {
  await moveTo(page, NEXT_EVENING)
  await page.goto(portfolio)
  await page.getByRole("button", { name: "Pause" }).click()
  const dialog = page.getByRole("dialog", { name: "Pause Journey?" })
  await expect(dialog).toContainText(/Its \d open positions keep their stops, targets and exits/)
  await dialog.getByRole("button", { name: "Pause" }).click()
  await expect(page.getByText("Paused", { exact: true })).toBeVisible()
  await page.goto("/")
  await expect(page.getByRole("region", { name: "Alerts" })).toContainText("Journey is paused")
  await page.goto(portfolio)
  await page.getByRole("button", { name: "Resume" }).click()
  await expect(page.getByText("Active", { exact: true })).toBeVisible()
})
