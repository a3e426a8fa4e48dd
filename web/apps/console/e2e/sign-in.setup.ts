import { expect, test } from "@playwright/test"
import { signInMail } from "./outbox"
import { shoot } from "./shots"

const stamp = Date.now().toString(36)

test("a new user signs in with the link in an e-mail", async ({ page, context }) => {
  const address = `journey-${stamp}@example.com`
  await page.goto("/backtests")
  await expect(page).toHaveURL(/\/sign-in\?next=/)
  await expect(page.getByRole("radio").first()).toHaveAccessibleName("Password")
  await expect(page.getByRole("textbox", { name: "E-mail" })).toBeFocused()
  await page.getByText("E-mail link", { exact: true }).click()
  await page.getByRole("textbox", { name: "E-mail" }).fill(address)
  await shoot(page, "sign-in")
  await page.getByRole("button", { name: "Send me a link" }).click()
  await expect(page.getByText("Check your e-mail")).toBeVisible()
  const { path } = await signInMail(address)
  await page.goto(path)
  await page.getByRole("button", { name: "Sign in to TraderTape" }).click()
  await expect(page.getByText("Getting started")).toBeVisible()
  await shoot(page, "home-newcomer")
  await page.goto(path)
  await page.getByRole("button", { name: "Sign in to TraderTape" }).click()
  await expect(page.getByRole("alert")).toContainText("used")
  await context.storageState({ path: "test-results/state.json" })
})

test("the code in the e-mail signs in on the requesting page and leads back", async ({ page }) => {
  const address = `code-${stamp}@example.com`
  await page.goto("/settings?tab=appearance")
  await page.getByText("E-mail link", { exact: true }).click()
  await page.getByRole("textbox", { name: "E-mail" }).fill(address)
  await page.getByRole("button", { name: "Send me a link" }).click()
  const { code } = await signInMail(address)
  await page.getByLabel("Digit 1").click()
  await page.keyboard.type(code)
  await expect(page).toHaveURL(/\/settings\?tab=appearance/)
  await expect(page.getByText("Discreet mode")).toBeVisible()
})

test("after too many wrong passwords the page leads on to a mailed link", async ({ page }) => {
  const address = `guessed-${stamp}@example.com`
  await page.goto("/sign-in")
  await page.getByRole("textbox", { name: "E-mail" }).fill(address)
  await page.locator("input[type=password]").fill("wrong password")
  const onward = page.getByRole("button", { name: "Sign in with a mailed link" })
  for (let attempt = 0; attempt < 5; attempt++) {
    const answered = page.waitForResponse(/password-login/)
    await page.getByRole("button", { name: "Sign in", exact: true }).click()
    await answered
    await expect(page.getByRole("alert")).toContainText("Wrong e-mail address or password")
  }
  await expect(onward).toBeHidden()
  await page.getByRole("button", { name: "Sign in", exact: true }).click()
  await expect(page.getByRole("alert")).toContainText("sign in with a mailed link")
  await onward.click()
  await expect(page.getByRole("textbox", { name: "E-mail" })).toHaveValue(address)
  await page.getByRole("button", { name: "Send me a link" }).click()
  const { path } = await signInMail(address)
  await page.goto(path)
  await page.getByRole("button", { name: "Sign in to TraderTape" }).click()
  await expect(page.getByText("Getting started")).toBeVisible()
})
