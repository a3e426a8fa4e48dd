import { readFile } from "node:fs/promises"
import { expect, test } from "@playwright/test"
import { expectAccessible, expectFits, lookAround } from "./care"

test.setTimeout(240_000)

const HEADER =
  "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,order_execution_time"
const DAYS = 26
const PAIRS = 700

/** A purchase in 2023 for each sale in 2024, ten of INFY that stay, and a sale of shares never bought. */
function tradebook(): string {
  let id = 90_000_000
  const row = (symbol: string, isin: string, day: string, side: string, quantity: number, price: number) => {
    id += 1
    return `${symbol},${isin},${day},NSE,EQ,EQ,${side},false,${quantity}.000000,${price.toFixed(6)},${id},11${id},${day}T09:15:01`
  }
  const day = (year: number, place: number) => `${year}-05-${String(1 + (place % DAYS)).padStart(2, "0")}`
  const rows = [HEADER]
  for (let place = 0; place < PAIRS; place += 1)
    rows.push(row("TCS", "INE467B01029", day(2023, place), "buy", 2, 3000))
  for (let place = 0; place < PAIRS; place += 1)
    rows.push(row("TCS", "INE467B01029", day(2024, place), "sell", 2, 3100 + place))
  rows.push(row("INFY", "INE009A01021", "2024-06-03", "buy", 10, 1400))
  rows.push(row("ITC", "INE154A01025", "2024-06-04", "sell", 5, 430))
  return `${rows.join("\n")}\n`
}

const OPTION = `${HEADER},expiry_date
NIFTY24APR22000CE,,2024-04-24,NSE,FO,,sell,false,75.000000,10.000000,91000001,1191000001,2024-04-24T09:15:01,2024-04-25
`

test("UP-01: a tradebook is uploaded, its book appears by itself, and the tax report is exported", async ({
  page,
}) => {
  await page.goto("/net-worth")
  await expect(page.getByText("Nothing uploaded yet")).toBeVisible()
  await expectAccessible(page, "an empty book")
  await page.getByRole("link", { name: "Upload your tradebooks" }).click()

  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: "wealth.csv", mimeType: "text/csv", buffer: Buffer.from(tradebook()) })
  await expect(page.getByText("1,402 new")).toBeVisible()
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await expect(page.getByRole("region", { name: "Uploads, table" })).toContainText("wealth.csv")

  // A process reckons it: 1,402 rows are more than a request does.
  await page.getByRole("link", { name: "Net worth and tax" }).click()
  await expect(page.getByText("XIRR")).toBeVisible()
  await expect(page.getByRole("alert").getByText("1 sale has no purchase", { exact: false })).toBeVisible()

  await page.getByRole("tab", { name: "Holdings" }).click()
  await page.getByRole("button", { name: "Lots of INFY" }).click()
  const lots = page.getByRole("dialog")
  await expect(lots).toContainText("3 Jun 2024")
  await expectAccessible(page, "the lots of a share")
  await page.keyboard.press("Escape")

  await page.getByRole("tab", { name: "Realised" }).click()
  await expect(page.getByText("700 pairs")).toBeVisible()
  await page.getByRole("button", { name: "Sort by Profit" }).click()
  const pairs = page.getByRole("region", { name: "Pairs, table" })
  await expect(pairs.getByRole("row").nth(1)).toContainText("₹7,598.00")
  await page.getByRole("button", { name: "Pairs: page 7" }).click()
  await expect(page.getByText("601 to 700 of 700")).toBeVisible()

  await page.getByRole("tab", { name: "Tax" }).click()
  await expect(page.getByRole("combobox", { name: "Financial year" })).toHaveValue("FY 2024-25")
  for (const [form, start] of [
    ["CSV", "\ufeffTerm,Symbol"],
    ["XLSX", "PK"],
  ] as const) {
    const waiting = page.waitForEvent("download")
    await page.getByRole("link", { name: form, exact: true }).click()
    const file = await waiting
    expect(file.suggestedFilename()).toBe(`tax-2024-25.${form.toLowerCase()}`)
    const content = await readFile(await file.path())
    expect(content.subarray(0, 20).toString().startsWith(start)).toBe(true)
    if (form === "CSV") expect(content.toString().trim().split("\r\n")).toHaveLength(PAIRS + 1)
  }

  // An option that expired worthless is in no file: it ends at what is stated.
  await page.goto("/uploads")
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: "options.csv", mimeType: "text/csv", buffer: Buffer.from(OPTION) })
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await expect(page.getByRole("region", { name: "Uploads, table" })).toContainText("options.csv")
  await expect(async () => {
    await page.goto("/net-worth?tab=holdings")
    await expect(page.getByText("Expired, no settlement")).toBeVisible({ timeout: 4_000 })
  }).toPass({ timeout: 60_000 })
  await page.getByRole("button", { name: "Settle NIFTY24APR22000CE" }).click()
  const settling = page.getByRole("dialog")
  await settling.getByRole("textbox", { name: "Settlement price" }).fill("0")
  await expectAccessible(page, "the settlement of a contract")
  await settling.getByRole("button", { name: "Settle" }).click()
  await expect(settling).toBeHidden()
  await expect(page.getByText("1 settled contract")).toBeVisible({ timeout: 60_000 })
  await page.goto("/journal?tab=trades")
  const trades = page.getByRole("region", { name: "Trades, table" })
  await page.getByRole("textbox", { name: "Symbol" }).fill("NIFTY24APR")
  await expect(trades).toContainText("25 Apr 2024")
  await page.goto("/net-worth?tab=quality")
  await expect(page.getByRole("region", { name: "Sales without a purchase, table" })).toContainText("ITC")

  for (const tab of ["holdings", "realised", "tax", "quality"]) {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(`/net-worth?tab=${tab}`)
    await expect(page.getByRole("tab", { selected: true })).toBeVisible()
    await expectFits(page, `net worth, ${tab}`)
    await expectAccessible(page, `net worth, ${tab}`)
  }
  await lookAround(page, "net-worth", "/net-worth")

  await page.setViewportSize({ width: 1440, height: 900 })
  await page.goto("/uploads")
  for (const name of ["wealth.csv", "options.csv"]) {
    await page.getByRole("button", { name: `Undo ${name}` }).click()
    await page.getByRole("button", { name: "Undo the upload" }).click()
    await expect(page.getByRole("button", { name: `Undo ${name}` })).toHaveCount(0)
  }
  await page.goto("/net-worth")
  await expect(page.getByText("Nothing uploaded yet")).toBeVisible()
})
