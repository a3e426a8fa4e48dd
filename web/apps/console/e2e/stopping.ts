import { expect, type Page } from "@playwright/test"

/** Press the button of the kill switch's dialog, and again when it asks. */
export async function stop(page: Page): Promise<void> {
  const ask = page.getByRole("dialog", { name: /^Stop all trading/ })
  await ask.getByRole("button", { name: /^Stop trading/ }).click()
  await ask.getByRole("button", { name: /^Yes: Stop trading/ }).click()
}

/** Type the word until the minute that the switch is held is over. */
export async function release(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Trading is stopped" })
  await dialog.getByRole("textbox", { name: "Type RELEASE to resume trading" }).fill("RELEASE")
  await expect(async () => {
    await dialog.getByRole("button", { name: "Resume trading" }).click()
    await expect(dialog).toBeHidden({ timeout: 2_000 })
  }).toPass({ timeout: 75_000 })
}
