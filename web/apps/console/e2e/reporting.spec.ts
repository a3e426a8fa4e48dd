import { expect, test } from "@playwright/test"
import { expectAccessible, lookAround } from "./care"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })
test.setTimeout(90_000)

test("a channel is added, tested, and its message is in the delivery log", async ({ page }) => {
  await page.goto("/settings?tab=notifications")
  await page.getByRole("button", { name: "Add channel" }).click()
  const dialog = page.getByRole("dialog", { name: "Add channel" })
  await dialog.getByRole("combobox", { name: "Kind" }).click()
  await page.getByRole("option", { name: "E-mail" }).click()
  await dialog.getByRole("textbox", { name: "Name" }).fill("My mail")
  await expectAccessible(page, "a new channel")
  await shoot(page, "channel-new")
  await dialog.getByRole("button", { name: "Add", exact: true }).click()
  await page.getByRole("dialog", { name: "My mail is added" }).getByRole("button", { name: "Done" }).click()
  await page.getByRole("button", { name: "Test", exact: true }).click()
  const log = page.getByRole("region", { name: "Delivery log, table" })
  await expect(log).toContainText("Test message")
  await expect(log).toContainText("Sent")
  await page.getByRole("switch", { name: "Quiet hours" }).click({ force: true })
  await page.getByRole("textbox", { name: "From", exact: true }).fill("23:00")
  await page.getByRole("button", { name: "Save", exact: true }).click()
  await expect(page.getByText("The times are saved")).toBeVisible()
  await lookAround(page, "notifications", "/settings?tab=notifications")
})

test("an alert of TradingView is received and logged", async ({ page }) => {
  await page.goto("/settings?tab=webhooks")
  await page.getByRole("button", { name: "New webhook" }).click()
  const dialog = page.getByRole("dialog", { name: "New webhook" })
  await dialog.getByRole("textbox", { name: "Name" }).fill("Breakouts")
  await expectAccessible(page, "a new webhook")
  await dialog.getByRole("button", { name: "Create" }).click()
  const made = page.getByRole("dialog", { name: "Your new webhook" })
  const url = (await made.getByText(/\/api\/hooks\//).textContent()) ?? ""
  const text =
    (await made
      .getByRole("figure", { name: "TradingView message" })
      .or(made.locator("pre"))
      .first()
      .textContent()) ?? ""
  await shoot(page, "webhook-made")
  await made.getByRole("button", { name: "I have copied them" }).click()
  const alert = text
    .replace("{{ticker}}", "INFY")
    .replace("{{exchange}}", "NSE")
    .replace("{{close}}", "1500")
    .replace("{{timenow}}", new Date().toISOString())
  const sent = await page.request.post(new URL(url).pathname, { data: JSON.parse(alert) })
  expect(sent.ok(), await sent.text()).toBe(true)
  await page.reload()
  await page.getByRole("button", { name: "Alerts", exact: true }).click()
  await expect(page.getByRole("region", { name: "Alerts of Breakouts, table" })).toContainText("INFY")
  await lookAround(page, "webhooks", "/settings?tab=webhooks")
})

test("the jobs are shown with their runs, and a scan is run by hand", async ({ page }) => {
  await page.goto("/jobs")
  const jobs = page.getByRole("list", { name: "Jobs", exact: true })
  await expect(jobs.getByRole("listitem")).toHaveCount(8)
  await expect(jobs.getByText("Scan of portfolios")).toBeVisible()
  await expect(jobs.getByText(/days are made up for/)).toBeVisible()
  await page.getByRole("button", { name: "Run scan of portfolios now" }).click()
  await expect(page.getByText("0 portfolios scanned")).toBeVisible()
  await expect(page.getByRole("list", { name: "Checks" })).toContainText("Database")
  await lookAround(page, "jobs", "/jobs")
})
