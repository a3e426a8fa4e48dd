import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, lookAround, settle } from "./care"
import { shoot } from "./shots"

const BROKERS = "/settings?tab=brokers"
const STORED = /^tradertape\.broker-secret\./

/** Names of the secrets that this browser keeps. */
const keptSecrets = (page: Page) =>
  page.evaluate(
    (names) => Object.keys(localStorage).filter((name) => new RegExp(names).test(name)),
    STORED.source,
  )

const card = (page: Page, broker: string) => page.getByRole("region", { name: broker, exact: true })

/** Complete a login in a browser that does not have the secret. */
async function giveSecret(page: Page, secret: string): Promise<void> {
  await page.getByLabel(/API secret of your Zerodha Kite app/).fill(secret)
  await page.getByRole("button", { name: "Complete the login" }).click()
}

test.describe.configure({ mode: "serial" })

test("without a broker Home offers the sandbox, and Wealth is not an empty list", async ({ page }) => {
  await settle(page, "/wealth")
  await expect(page.getByText("Connect a broker to see your holdings")).toBeVisible()
  await expectAccessible(page, "wealth without a broker")
  await shoot(page, "wealth-without-broker")
  await settle(page, "/")
  await expect(page.getByRole("region", { name: "Try it with the sandbox" })).toBeVisible()
})

test("two clicks connect the sandbox and lead to its holdings, and its secret stays in the browser", async ({
  page,
  baseURL,
}) => {
  const sent: string[] = []
  page.on("request", (request) => {
    if (request.url().startsWith(`${baseURL}/api/brokers`)) sent.push(request.postData() ?? "")
  })
  await settle(page, BROKERS)
  await page.getByRole("button", { name: "Start the sandbox" }).click()
  const connect = page
    .getByRole("region", { name: "Try it with the sandbox" })
    .getByRole("button", { name: "Connect" })
  await expect(connect).toBeEnabled()
  const kept = await keptSecrets(page)
  expect(kept).toHaveLength(1)
  const { secret } = JSON.parse(
    await page.evaluate((name) => localStorage.getItem(name) ?? "", kept[0] ?? ""),
  ) as {
    secret: string
  }
  await connect.click()
  await expect(page).toHaveURL(/\/wealth/)
  await expect(page.getByText(/^\d+ holdings?$/)).toBeVisible()
  await expect(page.getByRole("main").getByText("SANDBOX", { exact: true }).first()).toBeVisible()
  await settle(page, BROKERS)
  await expect(card(page, "Zerodha Kite")).toContainText(/Account SB\d+, connected/)
  await expect(card(page, "Zerodha Kite").getByText("SANDBOX", { exact: true })).toBeVisible()
  await expect(page.getByRole("region", { name: "Next steps" })).toContainText(
    "KITE_ALGO_ACCOUNT_SCOPE=kite:SB",
  )
  expect(secret.length).toBeGreaterThan(10)
  expect(
    sent.filter((body) => body.includes(secret)),
    "the secret leaves the browser",
  ).toEqual([])
  await page.goBack()
  await expect(page).not.toHaveURL(/request_token/)
})

test("an address that is registered at the sandbox counts without another login", async ({ page }) => {
  const { url } = (await (await page.request.get("/api/brokers/sandbox")).json()) as { url: string }
  const { id } = (await (await page.request.get("/api/auth/me")).json()) as { id: number }
  const register = (addresses: string[]) =>
    page.request.put(`${url}/admin/apps/kite/sandbox-${id}/addresses`, { data: { addresses } })
  await settle(page, BROKERS)
  const kite = card(page, "Zerodha Kite")
  const retry = kite.getByRole("button", { name: "Try the address now" })
  expect((await register(["203.0.113.9"])).ok()).toBe(true)
  await retry.click()
  await expect(kite).toContainText("Orders are refused from here")
  await expect(kite).toContainText("is not allowed to place orders for this app")
  await expect(kite).toContainText("It is tried again every minute")
  await expectAccessible(page, "an address that is refused")
  await shoot(page, "settings-brokers-address-refused")
  expect((await register([])).ok()).toBe(true)
  await retry.click()
  await expect(kite).toContainText("Orders are taken from here")
})

test("two clicks on its card connect each of the other brokers at the sandbox", async ({ page }) => {
  await settle(page, BROKERS)
  for (const [broker, login] of [
    ["Upstox", "Connect"],
    ["Groww", "Log in to Groww"],
  ] as const) {
    await card(page, broker)
      .getByRole("button", { name: `Use the sandbox's ${broker}` })
      .click()
    await card(page, broker).getByRole("button", { name: login }).click()
    await expect(card(page, broker)).toContainText(/Account SB\d+, connected/)
    await expect(card(page, broker).getByText("SANDBOX", { exact: true })).toBeVisible()
  }
  await expectAccessible(page, "three brokers at the sandbox")
  await shoot(page, "settings-brokers-three")
  await settle(page, "/wealth?tab=funds")
  for (const broker of ["Zerodha Kite", "Upstox", "Groww"])
    await expect(page.getByRole("main").getByText(broker).first()).toBeVisible()
  await settle(page, "/settings?tab=accounts")
  const accounts = page.getByRole("region", { name: "Accounts", exact: true })
  await expect(accounts).toContainText("kite:paper-a")
  await expect(accounts, "an account at a broker is no paper account").not.toContainText(":SB")
  await settle(page, BROKERS)
  for (const broker of ["Upstox", "Groww"]) {
    await card(page, broker).getByRole("button", { name: "Delete keys" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Delete keys" }).click()
    await expect(card(page, broker)).toContainText("Not set up")
  }
})

test("brokers and wealth are shown at every width, in both appearances", async ({ page }) => {
  for (const tab of ["holdings", "positions", "orders", "funds"])
    await test.step(tab, () => lookAround(page, `wealth-${tab}`, `/wealth?tab=${tab}`))
  await lookAround(page, "settings-brokers", BROKERS)
})

test("a page that the broker did not open says so and leads back", async ({ page }) => {
  for (const [query, title] of [
    ["", "There is no login to complete"],
    ["?status=cancelled&state=abc", "Zerodha Kite did not log you in"],
    ["?request_token=0123&state=never-begun&status=success", "Zerodha Kite was not connected"],
  ]) {
    await settle(page, `/brokers/kite/callback${query}`)
    if (query?.includes("never-begun")) await giveSecret(page, "of no login")
    await expect(page.getByRole("alert")).toContainText(title ?? "")
    await expectAccessible(page, `callback: ${title}`)
    await shoot(page, `callback-${title?.replaceAll(/\W+/g, "-")}`)
    await page.getByRole("link", { name: "Back to Brokers" }).click()
    await expect(page).toHaveURL(/tab=brokers/)
  }
  await settle(page, "/brokers/nobody/callback")
  await expect(page.getByRole("alert")).toContainText("There is no such broker")
})

test("a browser without the secret asks for it; a wrong one can be corrected", async ({ page }) => {
  // Keys of another app than the sandbox gives: their secret cannot be fetched.
  await page.route("**/api/brokers/sandbox", (route) =>
    route.request().method() === "POST" ? route.abort() : route.continue(),
  )
  await settle(page, BROKERS)
  await card(page, "Zerodha Kite").getByRole("button", { name: "Log in again" }).click()
  await expect(page.getByLabel(/API secret of your Zerodha Kite app/)).toBeVisible()
  await expectAccessible(page, "callback asks for the secret")
  await shoot(page, "callback-asks-for-secret")
  await giveSecret(page, "a wrong secret")
  await expect(page.getByRole("alert")).toContainText("Zerodha Kite was not connected")
  await expect(page.getByRole("button", { name: "Save and log in again" })).toBeVisible()
  await shoot(page, "callback-wrong-secret")
})

test("another browser of the same person logs in at the sandbox without its secret", async ({ page }) => {
  await settle(page, BROKERS)
  expect(await keptSecrets(page)).toEqual([])
  await card(page, "Zerodha Kite").getByRole("button", { name: "Log in again" }).click()
  await expect(page).toHaveURL(/tab=brokers/)
  await expect(card(page, "Zerodha Kite")).toContainText(/Account SB\d+, connected/)
  await card(page, "Groww").getByRole("button", { name: "Use the sandbox's Groww" }).click()
  await expect(card(page, "Groww").getByRole("button", { name: "Log in to Groww" })).toBeVisible()
  await page.evaluate(() => localStorage.clear())
  await settle(page, BROKERS)
  await expect(card(page, "Groww")).toContainText("Leave it empty")
  await card(page, "Groww").getByRole("button", { name: "Log in to Groww" }).click()
  await expect(card(page, "Groww")).toContainText(/Account SB\d+, connected/)
  await card(page, "Groww").getByRole("button", { name: "Delete keys" }).click()
  await page.getByRole("dialog").getByRole("button", { name: "Delete keys" }).click()
  await expect(card(page, "Groww")).toContainText("Not set up")
})

test("keys are deleted after a question, here and in the browser", async ({ page }) => {
  const { id } = (await (await page.request.get("/api/auth/me")).json()) as { id: number }
  await settle(page, BROKERS)
  const name = `tradertape.broker-secret.${id}.kite`
  await page.evaluate((key) => localStorage.setItem(key, '{"apiKey":"a","secret":"s"}'), name)
  await card(page, "Zerodha Kite").getByRole("button", { name: "Delete keys" }).click()
  const dialog = page.getByRole("dialog", { name: "Delete your Zerodha Kite keys?" })
  await dialog.getByRole("button", { name: "Delete keys" }).click()
  await expect(card(page, "Zerodha Kite")).toContainText("Not set up")
  expect(await keptSecrets(page)).toEqual([])
})
