import { expect, type Page, test } from "@playwright/test"
import { expectAccessible } from "./care"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })

const toast = (page: Page, text: RegExp) => page.getByRole("alert").filter({ hasText: text }).last()
const orders = (page: Page) => page.getByRole("region", { name: "Orders, table" })
const positions = (page: Page) => page.getByRole("region", { name: "Positions, table" })

test("shares are bought by hand from an instrument's page, with the cost said before", async ({ page }) => {
  await page.goto("/trading")
  await expect(page.getByText("No open orders")).toBeVisible()
  await expectAccessible(page, "trading, empty")
  await page.goto("/market/NSE:INFY")
  await page.getByRole("link", { name: "Buy or sell" }).click()
  const ticket = page.getByRole("dialog", { name: "Order ticket" })
  await expect(ticket.getByLabel("Limit price")).not.toHaveValue("")
  await ticket.getByRole("combobox", { name: "Type" }).click()
  await page.getByRole("option", { name: "Market", exact: true }).click()
  await ticket.getByLabel("Quantity").fill("7")
  await expect(ticket.getByLabel("Preview")).toContainText("₹")
  await shoot(page, "trading-ticket")
  await expectAccessible(page, "order ticket")
  await ticket.getByRole("button", { name: /^Buy 7 INFY at market · PAPER$/ }).click()
  await expect(toast(page, /Placed order .*: complete/)).toBeVisible()
  await page.getByRole("tab", { name: "Positions" }).click()
  await expect(positions(page)).toContainText("INFY")
  await shoot(page, "trading-positions")
  await expectAccessible(page, "trading, positions")
})

test("units are converted to another product and back, in numbers said before", async ({ page }) => {
  await page.goto("/trading?tab=positions")
  const convert = page.getByRole("button", { name: "Convert INFY" })
  await convert.first().click()
  const dialog = page.getByRole("dialog", { name: "Convert INFY to MIS?" })
  await expect(dialog).toContainText("No unit is bought or sold")
  await dialog.getByLabel("Quantity").fill("3")
  await shoot(page, "trading-convert")
  await expectAccessible(page, "a conversion")
  await dialog.getByRole("button", { name: "Convert 3 from CNC to MIS · PAPER" }).click()
  await expect(toast(page, /Converted 3 INFY to MIS/)).toBeVisible()
  const intraday = positions(page).getByRole("row").filter({ hasText: "MIS" })
  await expect(intraday).toContainText("INFY")
  await expect(convert).toHaveCount(2)
  await expectAccessible(page, "a position in two products")
  await page.setViewportSize({ width: 390, height: 844 })
  await shoot(page, "trading-converted-phone")
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  await expectAccessible(page, "a position in two products, on a phone")
  await page.setViewportSize({ width: 1440, height: 900 })
  await intraday.getByRole("button", { name: "Convert INFY" }).click()
  await page.getByRole("button", { name: "Convert 3 from MIS to CNC · PAPER" }).click()
  await expect(toast(page, /Converted 3 INFY to CNC/)).toBeVisible()
  await expect(convert).toHaveCount(1)
})

test("a limit order rests, is changed and is cancelled", async ({ page }) => {
  await page.goto("/trading?ticket=NSE:TCS&isNew=true")
  const ticket = page.getByRole("dialog", { name: "Order ticket" })
  const limit = ticket.getByLabel("Limit price")
  await expect(limit).not.toHaveValue("")
  const last = Number((await limit.inputValue()).replaceAll(",", ""))
  const far = (Math.round((last * 0.97) / 5) * 5).toFixed(0) // a tick of every price
  await limit.fill(far)
  await ticket.getByLabel("Quantity").fill("2")
  await ticket.getByRole("button", { name: /^Buy 2 TCS at/ }).click()
  await expect(orders(page)).toContainText("TCS")
  await page.getByRole("button", { name: "Change the order on TCS" }).click()
  const change = page.getByRole("dialog", { name: /^Change order/ })
  await change.getByLabel("Quantity").fill("3")
  await change.getByRole("button", { name: /^Change to: Buy 3 TCS/ }).click()
  await expect(orders(page)).toContainText("0 of 3")
  await shoot(page, "trading-orders")
  await expectAccessible(page, "trading, orders")
  await page.getByRole("button", { name: "Cancel the order on TCS" }).click()
  await expect(page.getByText("No open orders")).toBeVisible()
})

test("a refused order says why before it is placed, and nothing is lost", async ({ page }) => {
  await page.goto("/trading?ticket=NSE:INFY&isNew=true")
  const ticket = page.getByRole("dialog", { name: "Order ticket" })
  await expect(ticket.getByLabel("Limit price")).not.toHaveValue("")
  await ticket.getByLabel("Quantity").fill("90000")
  await expect(ticket.getByRole("alert").first()).toBeVisible()
  await ticket.getByRole("button", { name: /^Buy 90,000 INFY/ }).click()
  await expect(ticket.getByLabel("Quantity")).toHaveValue("90,000")
  await shoot(page, "trading-refused")
})

test("a new order begins with the preferred account of its segment", async ({ page }) => {
  await page.goto("/settings?tab=brokers")
  const scope = "kite:paper-preferred"
  const status = await page.evaluate(async (account_scope) => {
    const answer = await fetch("/api/algo-workers/worker/accounts", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ account_scope }),
    })
    return answer.status
  }, scope)
  expect(status).toBeLessThan(300)
  await page.reload()
  const choice = page.getByLabel("Futures and options").first()
  await choice.click()
  await page.getByRole("option", { name: `${scope}, paper` }).click()
  await expect(choice).toHaveValue(`${scope}, paper`)
  await expectAccessible(page, "preferred accounts")

  const accountOf = async (instrument: string) => {
    await page.goto("/trading")
    await page.getByRole("button", { name: "New order" }).first().click()
    const ticket = page.getByRole("dialog", { name: "Order ticket" })
    await ticket.getByLabel("Instrument").locator("visible=true").last().click()
    await page.keyboard.type(instrument)
    await page.getByRole("option").first().click()
    return ticket.getByLabel("Account").first()
  }
  await expect(await accountOf("NIFTY FUT")).toHaveValue(scope)
  await expect(await accountOf("INFY")).toHaveValue("kite:paper-a")
})

test("an exit says in numbers what it does, and closes the position", async ({ page }) => {
  await page.goto("/trading?tab=positions")
  await page.getByRole("button", { name: "Exit INFY" }).click()
  const exit = page.getByRole("dialog", { name: "Exit INFY?" })
  await expect(exit).toContainText(/SELL \d+ NSE:INFY \(CNC\)/)
  await shoot(page, "trading-exit")
  await exit.getByRole("button", { name: /Exit 1 position at market · PAPER/ }).click()
  // Runs of workers may hold the same shares: theirs are exited in their runs.
  await expect(page.getByRole("button", { name: "Exit INFY" })).toHaveCount(0)
  await page.getByRole("tab", { name: "Funds" }).click()
  await expect(page.getByLabel("Funds of kite:paper-a")).toContainText("Available")
  await shoot(page, "trading-funds")
  await expectAccessible(page, "trading, funds")
})

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test("orders fit the screen", async ({ page }) => {
    await page.goto("/trading")
    await page.getByText("All", { exact: true }).click()
    const list = page.getByRole("list", { name: "Orders" })
    await expect(list).toContainText("INFY")
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(390)
    await shoot(page, "trading-phone")
  })
})
