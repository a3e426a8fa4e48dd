import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, lookAround, settle } from "./care"
import { shoot } from "./shots"

test.setTimeout(420_000)
test.describe.configure({ mode: "serial" })
test.skip(() => !process.env.UNUSED_SERVER, "somebody has used the sandbox of this server")

const PAGE = "/wealth/reconciliation"
/** Two readings count when they are half a minute apart. */
const APART_MS = 31_000

interface Item {
  account_scope: string
  instrument: string
  isin: string
  difference: number
  average_price: number
}

const card = (page: Page, symbol: string) =>
  page.getByRole("listitem").filter({ has: page.getByRole("link", { name: symbol, exact: true }) })

async function check(page: Page): Promise<void> {
  const answer = page.waitForResponse((response) => response.url().endsWith("/api/reconciliation/check"))
  await page.getByRole("button", { name: "Check now" }).click()
  expect((await answer).ok()).toBe(true)
}

const reported = async (page: Page): Promise<Item[]> =>
  ((await (await page.request.get("/api/reconciliation")).json()) as { items: Item[] }).items

/** Connect the built-in sandbox, whose account has shares from before. */
async function connect(page: Page): Promise<void> {
  await settle(page, "/settings?tab=brokers")
  await page.getByRole("button", { name: "Start the sandbox" }).click()
  await page
    .getByRole("region", { name: "Try it with the sandbox" })
    .getByRole("button", { name: "Connect" })
    .click()
  await expect(page).toHaveURL(/\/wealth/)
  await expect(page.getByText(/^\d+ holdings?$/)).toBeVisible()
}

/** Give the account at the sandbox other holdings. */
async function hold(page: Page, instrument: string, quantity: number): Promise<void> {
  const { url, account } = (await (await page.request.get("/api/brokers/sandbox")).json()) as {
    url: string
    account: string
  }
  const holdings = [{ instrument, quantity, average_price: 3000 }]
  const answer = await page.request.put(`${url}/admin/accounts/kite/${account}`, { data: { holdings } })
  expect(answer.ok(), await answer.text()).toBe(true)
}

test("D11: a difference is shown with its evidence, and counts once a second reading shows it", async ({
  page,
}) => {
  await settle(page, PAGE)
  await expect(page.getByText("Not compared yet").first()).toBeVisible()
  await lookAround(page, "reconciliation-not-compared", PAGE)
  await connect(page)

  await settle(page, PAGE)
  await check(page)
  const tcs = card(page, "TCS")
  await expect(tcs.getByText("Seen once")).toBeVisible()
  await expect(tcs).toContainText("From before TraderTape (95% sure): never traded through TraderTape.")
  await expect(tcs.getByRole("button", { name: /^Adopt/ })).toBeHidden()
  await expectAccessible(page, "differences that were seen once")
  await shoot(page, "reconciliation-seen-once")

  await check(page) // at once: no second reading
  await expect(tcs.getByText("Seen once")).toBeVisible()
  await page.waitForTimeout(APART_MS)
  await check(page)
  await expect(tcs.getByText("From before TraderTape", { exact: true })).toBeVisible()
  await expect(tcs.getByRole("button", { name: /^Adopt/ })).toBeVisible()
  await lookAround(page, "reconciliation", PAGE)
})

test("D11: a difference is ignored for 30 days and reported again; another one is adopted and undone", async ({
  page,
}) => {
  await settle(page, PAGE)
  await page.getByRole("button", { name: "Ignore TCS" }).click()
  await page.getByRole("menuitem", { name: "This instrument, for 30 days" }).click()
  const ignored = page.getByRole("region", { name: "1 ignored difference" })
  await expect(ignored.getByRole("button", { name: "Report TCS again" })).toContainText("ignored until")
  await shoot(page, "reconciliation-ignored")
  await expectAccessible(page, "an ignored difference")
  await ignored.getByRole("button", { name: "Report TCS again" }).click()
  await expect(page.getByRole("button", { name: "Ignore TCS" })).toBeVisible()

  await card(page, "TCS")
    .getByRole("button", { name: /^Adopt/ })
    .click()
  const dialog = page.getByRole("dialog", { name: /^Adopt [\d,]+ units of TCS\?$/ })
  await dialog.getByRole("textbox", { name: "Note" }).fill("bought in 2019")
  await expectAccessible(page, "the question before units are adopted")
  await shoot(page, "reconciliation-adopt")
  await dialog.getByRole("button", { name: /^Adopt/ }).click()
  const corrections = page.getByRole("list", { name: "Corrections" })
  await expect(corrections).toContainText("units of TCS: bought in 2019")
  await expect(card(page, "TCS")).toBeHidden()
  await corrections.getByRole("button", { name: "Undo the correction of TCS" }).click()
  await expect(corrections).toContainText("undone")
  await expect(card(page, "TCS")).toBeVisible()
})

test("D11: an uploaded tradebook shows the trades, and units that are gone lead to a ticket", async ({
  page,
}) => {
  await settle(page, PAGE)
  await page.waitForTimeout(APART_MS) // since the undo it was seen once
  await check(page)
  const tcs = card(page, "TCS")
  await tcs.getByRole("link", { name: "Import the tradebook that has TCS" }).click()
  await expect(page).toHaveURL(/\/uploads/)
  const item = (await reported(page)).find(({ instrument }) => instrument === "NSE:TCS")
  if (!item) throw new Error("TCS does not differ")
  const client = item.account_scope.split(":")[1]
  const day = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10)
  await page.locator('input[type="file"]').setInputFiles({
    name: `tradebook-${client}-EQ-${day}-to-${day}.csv`,
    mimeType: "text/csv",
    buffer: Buffer.from(
      "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,order_execution_time\n" +
        `TCS,${item.isin},${day},NSE,EQ,EQ,buy,false,${item.difference}.000000,3100.500000,7500001,1100001,${day}T09:15:01\n`,
    ),
  })
  await expect(page.getByText("1 new")).toBeVisible()
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await expect(page.getByRole("region", { name: "Uploads, table" })).toContainText("Imported")

  await settle(page, PAGE)
  await check(page)
  await expect(tcs.getByText("Traded elsewhere", { exact: true })).toBeVisible()
  await expect(tcs.getByRole("table", { name: "Uploaded trades of TCS" })).toContainText("₹3,100.50")
  await lookAround(page, "reconciliation-uploaded", PAGE)
  await page.setViewportSize({ width: 1440, height: 900 })
  await tcs.getByRole("button", { name: /^Adopt/ }).click()
  const dialog = page.getByRole("dialog")
  await expect(dialog).toContainText("they were bought at ₹3,100.50 on average")
  await expectAccessible(page, "adopting units of uploaded trades")
  await dialog.getByRole("button", { name: /^Adopt/ }).click()
  const corrections = page.getByRole("list", { name: "Corrections" })
  await expect(corrections).toContainText("units of TCS at ₹3,100.50")

  await hold(page, "NSE:TCS", item.difference - 4)
  await check(page)
  await page.waitForTimeout(APART_MS)
  await check(page)
  await tcs.getByRole("button", { name: "Write off 4 units of TCS" }).click()
  await page.getByRole("dialog").getByRole("button", { name: "Write off 4 units" }).click()
  await expect(corrections).toContainText("Wrote off 4 units of TCS")
  await lookAround(page, "reconciliation-written-off", PAGE)
  await page.setViewportSize({ width: 1440, height: 900 })
  await corrections.getByRole("link", { name: "Order ticket: buy 4 TCS" }).click()
  await expect(page).toHaveURL(/\/trading/)
  const ticket = page.getByRole("dialog")
  await expect(ticket.getByRole("textbox", { name: "Quantity" })).toHaveValue("4")
  await expectAccessible(page, "the ticket of shares that are missing")
  await shoot(page, "reconciliation-ticket")
})
