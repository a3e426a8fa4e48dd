import { expect, type Page, test } from "@playwright/test"
import { expectCare, shoot } from "./care"

const difference = (page: Page, symbol: string) =>
  page.getByRole("article", { name: `Drift of NSE:${symbol}` })

/** Have the agent compare until something is seen. */
async function comparedUntil(page: Page, seen: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await page.getByRole("button", { name: "Compare now" }).click()
    await seen()
  }).toPass({ timeout: 60_000 })
}

test.beforeEach(async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" })
  await page.goto("/#/reconciliation")
})

test("an order in doubt is settled by naming the trigger that is ours", async ({ page }) => {
  const card = page.getByRole("article", { name: "Order in doubt: NSE:INFY" })
  await expect(card).toContainText("Needs your word")
  const triggers = card.getByRole("button", { name: /^Trigger \d+ is mine$/ })
  await expect(triggers).toHaveCount(2)
  await shoot(page, "doubt-390")
  await card.getByRole("button", { name: "It never reached the broker" }).click()
  const absent = page.getByRole("dialog", { name: "It never reached the broker?" })
  await expect(absent).toContainText("counts as failed, with 0 of 10 units filled")
  await absent.getByRole("button", { name: "Cancel" }).click()
  await triggers.first().click()
  const dialog = page.getByRole("dialog", { name: "This trigger is mine?" })
  await expect(dialog).toContainText("buy 10 at ₹160.50 when the price reaches ₹160.00")
  await expectCare(page, "an order in doubt")
  await shoot(page, "doubt-settled-390")
  await dialog.getByRole("button", { name: "This trigger is mine" }).click()
  await expect(card).toHaveCount(0)
})

test("AR-03: a difference is adopted after its numbers were read, and undone", async ({ page }) => {
  const card = difference(page, "TCS")
  await comparedUntil(page, () =>
    expect(card.getByRole("button", { name: "Adopt 12" })).toBeVisible({ timeout: 1_500 }),
  )
  const box = await card.getByRole("button", { name: "Adopt 12" }).boundingBox()
  expect(box?.height).toBeGreaterThanOrEqual(44)
  await shoot(page, "reconciliation-actions-390")
  await card.getByRole("button", { name: "Adopt 12" }).click()
  const dialog = page.getByRole("dialog", { name: "Adopt 12 of NSE:TCS?" })
  await expect(dialog).toContainText("expects 15 of NSE:TCS from the next comparison on, instead of 3")
  await dialog.getByRole("textbox", { name: "Note" }).fill("bought in 2019")
  await expectCare(page, "adopting")
  await shoot(page, "adopt-390")
  await dialog.getByRole("button", { name: "Adopt 12" }).click()
  const entries = page.getByRole("region", { name: "Corrections" })
  await expect(entries).toContainText("Adopted 12 NSE:TCS")
  await expect(entries).toContainText("bought in 2019")
  await comparedUntil(page, () => expect(card).toHaveCount(0, { timeout: 1_500 }))
  await entries.getByRole("button", { name: "Undo the correction of NSE:TCS" }).click()
  await expect(entries).toContainText("Undone")
  await comparedUntil(page, () => expect(card).toContainText("Difference+12", { timeout: 1_500 }))
  await shoot(page, "corrections-390")
})

test("AR-03: a corrective order is shown as it would be sent, sent once, and cancelled", async ({ page }) => {
  const card = difference(page, "INFY")
  await comparedUntil(page, () =>
    expect(card.getByRole("button", { name: "Sell 100" })).toBeVisible({ timeout: 1_500 }),
  )
  await card.getByRole("button", { name: "Sell 100" }).click()
  const dialog = page.getByRole("dialog", { name: "Sell 100 of NSE:INFY?" })
  await expect(dialog).toContainText("Sell 100 NSE:INFY (CNC) at the market, with protection")
  await expect(dialog).toContainText("Filled, the broker has 0 instead of 100")
  await expect(dialog).toContainText("No real money moves")
  await expectCare(page, "a corrective order")
  await shoot(page, "corrective-order-390")
  await dialog.getByText("With a limit").click()
  const limit = dialog.getByRole("textbox", { name: "Limit price in rupees" })
  await limit.fill("0")
  await expect(dialog).toContainText("Enter a price above 0")
  await expect(dialog.getByRole("button", { name: "Place the order" })).toBeDisabled()
  await limit.fill("158")
  await dialog.getByRole("button", { name: "Sell 100 for ₹15,800.00 · SANDBOX" }).click()
  const orders = page.getByRole("region", { name: "Corrective orders" })
  await expect(orders).toContainText("Sell 100 NSE:INFY")
  await expect(orders).toContainText("Order waiting at the broker, 0 of 100 filled")
  await shoot(page, "corrective-orders-390")
  const cancel = orders.getByRole("button", { name: "Cancel the order for NSE:INFY" })
  await cancel.click()
  await expect(page.getByText("The broker was asked to cancel it")).toBeVisible()
  await expect(orders).toContainText("Order ended, 0 of 100 filled")
  await expect(orders).toContainText("The broker's book shows it as cancelled")
  await expect(cancel).toHaveCount(0)
  await shoot(page, "corrective-order-cancelled-390")
  // Nothing is open any more: the difference is there, and may be settled anew.
  await comparedUntil(page, () =>
    expect(card.getByRole("button", { name: "Sell 100" })).toBeVisible({ timeout: 1_500 }),
  )
})
