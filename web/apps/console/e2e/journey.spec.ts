import { expect, type Page, test } from "@playwright/test"
import { expectAccessible } from "./care"
import { shoot } from "./shots"
import { totp } from "./totp"

test.describe.configure({ mode: "serial" })
test.setTimeout(600_000)

/** Runs and studies may take long on a busy machine. */
const WORK_MS = 150_000

/** Run the selected strategy over three years and wait for the result. */
async function backtest(page: Page): Promise<void> {
  await page.getByRole("button", { name: "3 y" }).click()
  await page.getByRole("button", { name: "Run backtest" }).click()
  await expect(page.getByLabel("Headline figures")).toBeVisible({ timeout: WORK_MS })
  await expect(page.getByRole("note", { name: "Verdict" }).getByText("On simulated prices")).toBeVisible()
}

test("fork a template, edit a rule, save it as the next version", async ({ page }) => {
  await page.goto("/strategies?tab=templates")
  const card = page.getByRole("article", { name: "Dip Buyer" })
  await expect(card).toContainText("Buy when the close is above its 200-day average")
  await shoot(page, "templates")
  await card.getByRole("button", { name: "Fork" }).click()
  await expect(page).toHaveURL(/\/strategies\/\d+/)

  const limit = page.getByLabel("Entry, 3, right side, number")
  await limit.fill("45")
  const english = page.getByRole("complementary", { name: "Rules in plain English" })
  await expect(english).toContainText("RSI(14) is below 45")
  await page.getByRole("button", { name: "Add a condition to Entry" }).click()
  await page.getByRole("menuitem", { name: "Compare two values" }).click()
  await expect(page.getByRole("combobox", { name: "Entry, 4, left side" })).toBeVisible()
  await page.getByRole("button", { name: "Undo" }).click()
  await expect(page.getByRole("combobox", { name: "Entry, 4, left side" })).toBeHidden()
  await shoot(page, "editor")
  await page.getByRole("button", { name: "Save", exact: true }).click()
  await expect(page.getByText("Saved as version 2")).toBeVisible()
})

test("an error is shown at its field and prevents saving", async ({ page }) => {
  await page.goto("/strategies")
  await page.getByRole("article").first().getByRole("link").first().click()
  await page.getByText("Conviction", { exact: true }).first().click()
  await page.getByLabel("Stop loss (%)").fill("150")
  await expect(page.getByText("1 problem", { exact: true })).toBeVisible()
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled()
  await page.getByText("JSON", { exact: true }).click()
  await expect(page.locator(".cm-lintRange-error").first()).toBeVisible()
  await shoot(page, "editor-problem")
})

test("see the signals of one stock, and why on a day", async ({ page }) => {
  await page.goto("/strategies")
  await page.getByRole("article").first().getByRole("link").first().click()
  await page.getByText("Test on a stock", { exact: true }).click()
  await expect(page.getByText(/INFY: \d+ signals?/)).toBeVisible()
  await expect(page.getByText(/INFY at the close of/)).toBeVisible()
  await shoot(page, "editor-test")
})

test("backtest the fork and the template, open a trade, compare the two", async ({ page }) => {
  await page.goto("/strategies")
  await page.getByRole("article").first().getByRole("link", { name: "Backtest" }).click()
  await shoot(page, "new-backtest")
  await backtest(page)
  await shoot(page, "result")

  await page.getByRole("tab", { name: "Trades" }).click()
  const rows = page.getByRole("region", { name: "Trades" }).getByRole("row")
  const symbol = (await rows.nth(1).getByRole("cell").first().textContent()) ?? ""
  await rows.nth(1).click()
  const drawer = page.getByRole("dialog")
  await expect(drawer).toContainText(symbol)
  await expect(drawer.getByRole("figure").locator("canvas").first()).toBeVisible()
  await shoot(page, "trade")
  await page.keyboard.press("Escape")

  await page.goto("/strategies?tab=templates")
  await page.getByRole("article", { name: "Dip Buyer" }).getByRole("link", { name: "Backtest" }).click()
  await backtest(page)

  await page.goto("/backtests")
  const boxes = page.getByRole("checkbox", { name: /^Select/ })
  await boxes.nth(0).check()
  await boxes.nth(1).check()
  await shoot(page, "runs")
  await page.getByRole("link", { name: "Compare 2" }).click()
  const figures = page.getByRole("region", { name: "Figures of the compared runs" })
  await expect(figures).toBeVisible()
  await expect(figures.getByRole("columnheader")).toHaveCount(3)
  await shoot(page, "compare")
})

test("robustness studies of a result", async ({ page }) => {
  await page.goto("/backtests")
  await page.getByRole("region", { name: "Backtests" }).getByRole("link").first().click()
  await page.getByRole("tab", { name: "Robustness" }).click()
  await page
    .getByText("Monte Carlo", { exact: true })
    .locator("..")
    .getByRole("button", { name: "Start" })
    .click()
  await expect(page.getByText("Probability of loss")).toBeVisible({ timeout: WORK_MS })
  await page.getByText("Parameter sweep", { exact: true }).locator("..").getByRole("button").click()
  const dialog = page.getByRole("dialog")
  await expect(dialog.getByText(/combinations/)).toBeVisible()
  await dialog.getByRole("button", { name: "Start" }).click()
  await expect(page.getByText(/^Best Sharpe of \d+/)).toBeVisible({ timeout: WORK_MS })
  await shoot(page, "robustness")

  await page
    .getByText("Warm-up check", { exact: true })
    .first()
    .locator("..")
    .getByRole("button", { name: "Start" })
    .click()
  await expect(page.getByText(/bars of history are enough|tested history is too short/)).toBeVisible({
    timeout: WORK_MS,
  })
  await page.getByText("Parameter search", { exact: true }).first().locator("..").getByRole("button").click()
  await dialog.getByRole("textbox", { name: "Trials" }).fill("16")
  await expect(dialog.getByText(/trials? among \d+ combinations/)).toBeVisible()
  await shoot(page, "search")
  await dialog.getByRole("button", { name: "Start" }).click()
  await expect(page.getByText(/^Best Sharpe of \d+/)).toHaveCount(2, { timeout: WORK_MS })
})

test("a second factor is set up, and its recovery codes are shown once", async ({ page }) => {
  await page.goto("/settings?tab=security")
  const section = page.getByRole("region", { name: "Two-factor authentication" })
  await section.getByRole("button", { name: "Set up" }).click()
  await expect(page.getByRole("img", { name: /^QR code/ })).toBeVisible()
  await shoot(page, "second-factor")
  const key = (await section.getByText(/^[A-Z2-7]{32}$/).textContent()) ?? ""
  await section.getByRole("textbox", { name: "Authenticator code" }).fill(totp(key, 0))
  await section.getByRole("button", { name: "Turn on" }).click()
  const dialog = page.getByRole("dialog", { name: "Your recovery codes" })
  const codes = (await dialog.getByRole("region", { name: "Code: recovery codes" }).innerText()).split("\n")
  expect(codes).toHaveLength(10)
  await expectAccessible(page, "recovery codes")
  await shoot(page, "recovery-codes")
  await page.keyboard.press("Escape")
  await dialog.getByRole("button", { name: "I have saved them" }).click()
  await expect(section.getByText("10 recovery codes left")).toBeVisible()
  await shoot(page, "second-factor-on")
  await section.getByRole("button", { name: "Turn off" }).click()
  await section.getByRole("textbox", { name: "Authenticator or recovery code" }).fill("aaaa-bbbb-cccc-dddd")
  await section.getByRole("button", { name: "Turn off" }).click()
  await expect(section.getByText("The code is wrong or was used")).toBeVisible()
  await section.getByRole("textbox", { name: "Authenticator or recovery code" }).fill(codes[0] ?? "")
  await section.getByRole("button", { name: "Turn off" }).click()
  await expect(section.getByRole("button", { name: "Set up" })).toBeVisible()
})

test("the palette navigates by keyboard", async ({ page }) => {
  await page.goto("/")
  await expect(page.getByRole("navigation", { name: "Main", exact: true })).toBeVisible()
  await page.keyboard.press("Control+k")
  await page
    .getByRole("searchbox")
    .or(page.getByPlaceholder("Search actions, instruments, strategies, runs and pages"))
    .first()
    .fill("changelog")
  await page.keyboard.press("Enter")
  await expect(page).toHaveURL(/\/changelog/)
})

test("a key is shown once", async ({ page }) => {
  await page.goto("/settings?tab=keys")
  await page.getByRole("button", { name: "New agent key" }).click()
  await page.getByLabel("What is it for?").fill("Journey")
  await page.getByRole("button", { name: "Create" }).click()
  await expect(page.getByRole("dialog").getByText(/^zt_/)).toBeVisible()
  await page.getByRole("button", { name: "I have copied it" }).click()
  await page.reload()
  await expect(page.getByRole("cell", { name: /^Journey/ })).toBeVisible()
  await expect(page.getByText(/^zt_\w{20}/)).toBeHidden()
})
