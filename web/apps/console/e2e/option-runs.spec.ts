import { expect, test } from "@playwright/test"
import { expectAccessible } from "./care"
import { atTheMoney, enterOptionRun, makeStraddle } from "./made-option-run"
import { moves, STILL_AT_MOST_MS } from "./moving"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })
test.setTimeout(2 * STILL_AT_MOST_MS)

test("an option run from creation to exit", async ({ page }) => {
  await page.goto("/options")
  await page.getByRole("link", { name: "Option runs" }).click()
  await expect(page.getByText("No option run is open")).toBeVisible()
  await shoot(page, "option-runs-empty")

  const { symbols } = await atTheMoney(page)
  await page.goto(`/options?legs=${symbols.map((symbol) => `S1.${symbol}`).join(",")}`)
  await page.getByRole("button", { name: "Create option run" }).click()
  const making = page.getByRole("dialog", { name: "Create option run" })
  await making.getByRole("textbox", { name: "Name" }).fill("Journey straddle")
  await expect(making.getByText("Without a limit the run is unprotected")).toBeVisible()
  await making.getByRole("textbox", { name: "Exit at loss" }).fill("40000")
  await shoot(page, "option-run-make")
  await expectAccessible(page, "the making of an option run")
  await making.getByRole("button", { name: "Create run · PAPER" }).click()
  await expect(page).toHaveURL(/\/workers\/run_/)
  await expect(page.getByText("Protection is armed on entry")).toBeVisible()
  const strategy = page.getByRole("region", { name: "The strategy" })
  await expect(strategy).toContainText(/Entry margin₹[\d,.]+/)
  await shoot(page, "option-run-new")

  await page.getByRole("button", { name: "Enter", exact: true }).click()
  const entering = page.getByRole("dialog", { name: /^Enter/ })
  await expect(entering.getByRole("listitem")).toHaveCount(2)
  await shoot(page, "option-run-enter")
  await expectAccessible(page, "the entry of an option run")
  await entering.getByRole("button", { name: /^Place 2 orders · needs ₹[\d,]+ · PAPER$/ }).click()
  await expect(strategy).toContainText("All legs are filled and protected together")
  await expect(strategy).toContainText("Premium received")
  const legs = page.getByRole("region", { name: "Option legs" }).last()
  await expect(legs.getByRole("row")).toHaveCount(3)
  await moves(legs.getByRole("row").nth(1).getByRole("cell").nth(2))
  await shoot(page, "option-run")
  await expectAccessible(page, "an option run")

  await page.getByRole("tab", { name: "Protection" }).click()
  const steps = page.getByRole("list", { name: "Next actions" })
  await expect(steps).toContainText(/Basket stopa loss of ₹40,000/)
  const stop = page.getByRole("textbox", { name: "Stop", exact: true })
  await stop.fill("-5")
  await page.getByRole("button", { name: "Save protection" }).click()
  await expect(page.getByText("must be positive, was -5")).toBeVisible()
  await stop.fill("50000")
  await page.getByRole("button", { name: "Replay since entry" }).click()
  await expect(page.getByText("The edited rules would not have triggered")).toBeVisible()
  await page.getByRole("button", { name: "Save protection" }).click()
  await expect(page.getByText("Generation 3")).toBeVisible()
  await expect(steps).toContainText(/Basket stopa loss of ₹50,000/)
  await shoot(page, "option-run-protection")
  await expectAccessible(page, "the protection of an option run")

  await page.getByRole("button", { name: "Exit run" }).click()
  const dialog = page.getByRole("dialog", { name: /^Exit/ })
  await expect(dialog.getByRole("listitem")).toHaveCount(2)
  await expect(dialog.getByRole("listitem").first()).toContainText(/BUY \d+ NFO:NIFTY/)
  await shoot(page, "option-run-exit")
  await dialog.getByRole("button", { name: /^Exit 2 positions/ }).click()
  await expect(strategy).toContainText("All legs and the run are closed")
})

test("one option run stays open for the page checks", async ({ page }) => {
  await enterOptionRun(page, await makeStraddle(page, "Straddle to look at"))
  await page.goto("/workers?tab=options")
  await expect(page.getByRole("link", { name: /Straddle to look at/ })).toContainText(
    /Received ₹[\d,.]+ per unit/,
  )
  await shoot(page, "option-runs")
})
