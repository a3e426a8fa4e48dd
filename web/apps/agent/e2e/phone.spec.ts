import { expect, type Page, test } from "@playwright/test"
import { expectCare, shoot } from "./care"

const LAN = process.env.LAN_URL ?? ""

async function newCode(page: Page): Promise<string> {
  await page.goto("/#/settings")
  await page.getByRole("button", { name: "Pair a device" }).click()
  const code = await page.getByLabel("Pairing code").textContent()
  await expectCare(page, "the pairing code")
  await shoot(page, "pairing-code-390")
  return code ?? ""
}

test("AC-09: another device sees the pairing page alone, is paired by a code, and is out when revoked", async ({
  page,
  browser,
}) => {
  const context = await browser.newContext({ baseURL: LAN, viewport: { width: 390, height: 844 } })
  const phone = await context.newPage()
  const asked: string[] = []
  phone.on("response", (answer) => {
    const { pathname } = new URL(answer.url())
    if (pathname.startsWith("/api/") && answer.ok()) asked.push(pathname)
  })
  await phone.goto("/#/holdings")
  await expect(phone.getByRole("heading", { level: 1, name: "Pair this device" })).toBeVisible()
  await expect(phone.getByRole("navigation")).toHaveCount(0)
  await expectCare(phone, "the pairing page")
  await shoot(phone, "pairing-390")
  await phone.getByRole("textbox", { name: "Code" }).fill("WRONGCODE")
  await phone.getByRole("button", { name: "Pair" }).click()
  await expect(phone.getByRole("alert")).toContainText("The code is wrong, used or over")
  expect([...new Set(asked)]).toEqual(["/api/session"])

  const code = await newCode(page)
  await phone.getByRole("textbox", { name: "Code" }).fill(code)
  await phone.getByRole("button", { name: "Pair" }).click()
  await expect(phone.getByRole("heading", { level: 1, name: "Holdings and positions" })).toBeVisible()
  await phone.goto("/#/settings")
  await expect(phone.getByText("Settings are changed on the agent's own machine")).toBeVisible()
  await expect(phone.getByRole("button", { name: "Pair a device" })).toHaveCount(0)

  await page.keyboard.press("Escape")
  await page.getByRole("button", { name: /^Revoke Chrome on Linux/ }).click()
  await phone.goto("/#/signals")
  await expect(phone.getByRole("heading", { level: 1, name: "Pair this device" })).toBeVisible()
  await context.close()
})

test("AE-01, AI-02: a signal is approved on a phone after it said what, where and whether it is real", async ({
  page,
}) => {
  await page.goto("/")
  await page.getByRole("navigation", { name: "Main, phone" }).getByRole("link", { name: "Signals" }).click()
  const card = page.getByRole("article", { name: "Signal 1", exact: true })
  await expect(card).toContainText("Buy NSE:INFY")
  await expect(card).toContainText("Buy 10 at ₹160.50 or better when the price reaches ₹160.00")
  await expect(card).toContainText("Loss at the stop₹205.00")
  const approve = card.getByRole("button", { name: "Approve GTT for ₹1,605.00 · SANDBOX" })
  expect((await approve.boundingBox())?.height).toBeGreaterThanOrEqual(44)
  await shoot(page, "signal-390")
  await approve.click()
  const dialog = page.getByRole("dialog", { name: "Buy NSE:INFY?" })
  await expect(dialog).toContainText("No real money moves")
  await expectCare(page, "the second question")
  await shoot(page, "approve-390")
  await dialog.getByRole("button", { name: "Place GTT for ₹1,605.00 · SANDBOX" }).click()
  await expect(card).toContainText("GTT waiting at the broker, 0 of 10 filled")
  await page
    .getByRole("article", { name: "Signal 2", exact: true })
    .getByRole("button", { name: "Reject" })
    .click()
  await page.getByText("Ended", { exact: true }).click()
  await expect(page.getByRole("article", { name: "Signal 2", exact: true })).toContainText(
    "Rejected by the user",
  )
})

test("AR-03, AR-04: drift is shown with its cause, ignored, and shown again", async ({ page }) => {
  await page.goto("/#/reconciliation")
  const card = page.getByRole("article", { name: "Drift of NSE:TCS" })
  await expect(card).toContainText("Cloud expects3")
  await card.getByRole("button", { name: "Ignore this difference" }).click()
  await expect(card).toContainText("Ignored")
  await page.goto("/#/settings")
  await page.getByRole("region", { name: "Ignored in reconciliation" }).getByRole("button").first().click()
  await page.goto("/#/reconciliation")
  await expect(card.getByRole("button", { name: "Ignore this difference" })).toBeVisible()
})

test("AI-07, UP-04: a tradebook is rewritten, shown before and after, saved and sent", async ({ page }) => {
  await page.goto("/#/uploads")
  const chooser = page.waitForEvent("filechooser")
  await page.getByRole("button", { name: "Choose a file" }).click()
  const text =
    "symbol,trade_date,trade_type,quantity,price,trade_id,client_id\nINFY,2026-06-10,buy,1000,1500,77,AB1\n"
  await (await chooser).setFiles({ name: "tradebook.csv", mimeType: "text/csv", buffer: Buffer.from(text) })
  await expect(page.getByRole("region", { name: "In your file, table" })).toContainText("1000")
  const after = page.getByRole("region", { name: "What would leave, table" })
  await expect(after).toContainText("INFY")
  await expect(after).not.toContainText("1000")
  await expect(page.getByRole("list", { name: "Columns" })).toContainText("Left out client_id")
  await expect(page.getByText(/Of the account AB1\. The cloud gets a hash of it/)).toBeVisible()
  await expectCare(page, "a rewritten tradebook")
  await shoot(page, "upload-390")
  const saved = page.waitForEvent("download")
  await page.getByRole("button", { name: "Save the file" }).click()
  expect((await saved).suggestedFilename()).toMatch(/^tradebook-0[0-9a-f]{8}\.xlsx$/)
  await page.getByRole("button", { name: "Send to the cloud" }).click()
  await expect(page.getByRole("status")).toContainText("1 new row")
  await expectCare(page, "a tradebook that was sent")
  await shoot(page, "upload-sent-390")
  await expect(page.getByRole("list", { name: "Files sent before" })).toContainText(
    "1 row, the cloud took it",
  )
  await page.reload()
  await expect(page.getByRole("list", { name: "Files sent before" })).toContainText(
    "1 row, the cloud took it",
  )
})

test("UP-05: a statement's password is asked for, and a wrong file says why", async ({ page }) => {
  await page.goto("/#/uploads")
  const chooser = page.waitForEvent("filechooser")
  await page.getByRole("button", { name: "Choose a file" }).click()
  const buffer = Buffer.from("%PDF-1.4 nonsense")
  await (await chooser).setFiles({ name: "cas.pdf", mimeType: "application/pdf", buffer })
  const password = page.getByRole("textbox", { name: "Password" })
  await password.fill("ABCDE1234F")
  await expectCare(page, "the password of a statement")
  await shoot(page, "statement-password-390")
  await page.getByRole("button", { name: "Read the statement" }).click()
  await expect(page.getByRole("alert")).toContainText("This is no account statement that can be read")
  await expect(page.locator("body")).not.toContainText("ABCDE1234F")
})
