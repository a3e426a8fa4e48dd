import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits } from "./care"
import { shoot } from "./shots"

test.setTimeout(240_000)

const HEADER =
  "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,order_execution_time"
const DAYS = 90
/** A picture of one pixel. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

/** One intraday trade a day: those from 09:00 win, those from 13:00 lose. */
function tradebook(): string {
  const rows = [HEADER]
  const first = Date.UTC(2025, 0, 1)
  for (let place = 0; place < DAYS; place += 1) {
    const day = new Date(first + place * 86_400_000).toISOString().slice(0, 10)
    const isEarly = place % 3 === 0
    const hour = isEarly ? "09" : "13"
    const trade = (side: string, price: number, id: number, minute: string) =>
      rows.push(
        `SBIN,INE062A01020,${day},NSE,EQ,EQ,${side},false,10.000000,${price.toFixed(6)},${id},12${id},${day}T${hour}:${minute}:00`,
      )
    trade("buy", 800, 70_000_000 + place * 2, "20")
    trade("sell", (isEarly ? 812 : 795) + (place % 5) / 10, 70_000_001 + place * 2, "50")
  }
  return `${rows.join("\n")}\n`
}

async function upload(page: Page): Promise<void> {
  await page.goto("/uploads")
  await page
    .locator('input[type="file"]')
    .setInputFiles({ name: "journal.csv", mimeType: "text/csv", buffer: Buffer.from(tradebook()) })
  await expect(page.getByText("180 new")).toBeVisible()
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await expect(page.getByRole("region", { name: "Uploads, table" })).toContainText("journal.csv")
}

test("a trade is written about, and the analysis finds what was planted", async ({ page }) => {
  await upload(page)
  await page.goto("/journal")
  const find = page.getByRole("textbox", { name: "Symbol" })
  await expect(find).toBeVisible({ timeout: 60_000 })
  await find.fill("sbin")
  await expect(page.getByText("90 trades")).toBeVisible()
  await expectAccessible(page, "the journal")
  await page.getByRole("button", { name: "SBIN" }).first().click()

  const trade = page.getByRole("dialog")
  await trade.getByLabel("Setup").fill("Opening range")
  await trade.getByLabel("Note").fill("First line\nsecond line")
  await trade.getByLabel("Planned stop").fill("790")
  await trade.getByRole("button", { name: "Save" }).click()
  await expect(page.getByText("Written")).toBeVisible()
  await trade
    .locator('input[type="file"]')
    .setInputFiles({ name: "../../x.png", mimeType: "image/png", buffer: Buffer.from(PIXEL, "base64") })
  await expect(trade.getByRole("img", { name: "Screenshot 1" })).toBeVisible()
  await trade
    .locator('input[type="file"]')
    .setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("no picture") })
  await expect(trade.getByText(/no PNG, JPEG or WebP picture/)).toBeVisible()
  await expectAccessible(page, "a trade of the journal")
  await shoot(page, "journal-trade")
  await page.reload()
  await expect(trade.getByLabel("Note")).toHaveValue("First line\nsecond line")
  await trade.getByRole("button", { name: "Delete screenshot 1" }).click()
  await page
    .getByRole("dialog", { name: "Delete this screenshot?" })
    .getByRole("button", { name: "Delete" })
    .click()
  await expect(trade.getByRole("img", { name: "Screenshot 1" })).toBeHidden()
  await page.keyboard.press("Escape")

  await page.getByRole("tab", { name: "Analysis" }).click()
  await expect(page.getByText("Opening range")).toBeVisible()
  await page.getByRole("tab", { name: "What stands out" }).click()
  await expect(page.getByText(/Entries from 09:00 ranked better than your other trades/)).toBeVisible()
  await expectAccessible(page, "what stands out")
  await shoot(page, "journal-discovery")
  await page.getByRole("tab", { name: "Hours and days" }).click()
  await expect(page.getByRole("rowheader", { name: "Monday" })).toBeVisible()
  await expectAccessible(page, "hours and days")
  await page.setViewportSize({ width: 390, height: 844 })
  for (const tab of ["trades", "analysis", "calendar", "discovery", "lost"]) {
    await page.goto(`/journal?tab=${tab}`)
    await expect(page.getByRole("heading", { name: "Journal" })).toBeVisible()
    await expectFits(page, `the journal's ${tab} on a phone`)
  }
})
