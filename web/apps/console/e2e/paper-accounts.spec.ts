import { type Browser, type BrowserContext, expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits, settle } from "./care"
import { shoot } from "./shots"

const PAGE = "/settings?tab=accounts"
const ACCOUNTS = "/api/algo-workers/worker/accounts"
/** The most accounts of one person. */
const MOST = 50
/** Rows of the table without its head. */
const rows = (page: Page) => page.getByRole("region", { name: "Accounts", exact: true }).locator("tbody tr")
const open = (page: Page) => page.getByRole("button", { name: "Open account" }).click()
/** A browser of the second user. */
async function signedInAs(browser: Browser, baseURL: string | undefined): Promise<BrowserContext> {
  const { OTHER_EMAIL: email = "", OTHER_PASSWORD: password = "" } = process.env
  const context = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } })
  const signedIn = await context.request.post("/api/auth/password-login", { data: { email, password } })
  expect(signedIn.ok(), await signedIn.text()).toBe(true)
  return context
}
const name = (page: Page) => page.getByRole("textbox", { name: "Name" })

test("a paper account is opened with the cash given, and is offered where an account is chosen", async ({
  page,
}) => {
  const scope = `kite:paper-${Date.now().toString(36)}`
  await settle(page, PAGE)
  await name(page).fill(` ${scope} `)
  await page.getByRole("textbox", { name: "Cash (₹)" }).fill("2,50,000")
  await open(page)
  const row = rows(page).filter({ hasText: scope })
  await expect(row).toContainText("₹2,50,000")
  await expect(name(page)).toHaveValue("")
  await shoot(page, "paper-accounts")
  await page.reload()
  await expect(row).toBeVisible()
  await page.goto("/gtts?isNew=true&make=NSE:INFY")
  await page.getByRole("dialog").getByRole("combobox", { name: "Account" }).click()
  await expect(page.getByRole("option", { name: scope })).toBeVisible()

  await settle(page, PAGE)
  await name(page).fill(scope)
  await open(page)
  await expect(page.getByRole("alert")).toContainText(`You have the account ${scope} already`)
  await expect(row).toHaveCount(1)
  await expectAccessible(page, "a paper account of a name in use")
  await shoot(page, "paper-accounts-duplicate")
})

test("a mistyped name or an empty amount is reported at its field, and nothing is sent", async ({ page }) => {
  let posts = 0
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/worker/accounts")) posts += 1
  })
  await settle(page, PAGE)
  for (const mistyped of ["paper-b", "Kite:paper-b", "kite:", "kite:paper b"]) {
    await name(page).fill(mistyped)
    await open(page)
    await expect(name(page), mistyped).toHaveAccessibleDescription(/kite:paper-b/)
  }
  await name(page).fill("kite:paper-never")
  await page.getByRole("textbox", { name: "Cash (₹)" }).fill("")
  await open(page)
  await expect(page.getByText("Enter an amount in rupees")).toBeVisible()
  await expectAccessible(page, "a mistyped paper account")
  await shoot(page, "paper-accounts-mistyped")
  expect(posts).toBe(0)
})

test("two browsers of one person: a double click opens one account, and the other browser sees it", async ({
  page,
  browser,
  baseURL,
}) => {
  const scope = `kite:two-${Date.now().toString(36)}`
  const other = await browser.newContext({ baseURL, storageState: await page.context().storageState() })
  const second = await other.newPage()
  let posts = 0
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/worker/accounts")) posts += 1
  })
  await settle(page, PAGE)
  await settle(second, PAGE)
  await expect(rows(second).filter({ hasText: scope })).toHaveCount(0)
  await name(page).fill(scope)
  await page.getByRole("button", { name: "Open account" }).dblclick()
  await expect(rows(page).filter({ hasText: scope })).toHaveCount(1)
  await expect(name(page)).toHaveValue("")
  await expect(page.getByText(`The account ${scope} is open`)).toBeVisible()
  await expect(page.getByRole("alert").filter({ hasText: "already" })).toHaveCount(0)
  expect(posts).toBe(1)
  // Without a reload: the page asks again by itself.
  await expect(rows(second).filter({ hasText: scope })).toHaveCount(1)

  await second.setViewportSize({ width: 390, height: 844 })
  await name(second).fill("kite paper")
  await open(second)
  await expect(name(second)).toHaveAccessibleDescription(/kite:paper-b/)
  await name(second).fill(scope)
  await open(second)
  await expect(second.getByRole("alert").filter({ hasText: scope })).toContainText("already")
  for (const scheme of ["light", "dark"] as const) {
    await second.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    await expectFits(second, `paper accounts on a phone, ${scheme}`)
    await expectAccessible(second, `paper accounts on a phone, ${scheme}`)
    await shoot(second, `paper-accounts-phone-${scheme}`)
  }
  await other.close()
})

test("what one person opens, another neither sees nor trades on", async ({ page, browser, baseURL }) => {
  const scope = `kite:mine-${Date.now().toString(36)}`
  await settle(page, PAGE)
  await name(page).fill(scope)
  await open(page)
  await expect(rows(page).filter({ hasText: scope })).toHaveCount(1)
  const stranger = await signedInAs(browser, baseURL)
  const theirs = await stranger.newPage()
  await settle(theirs, PAGE)
  await expect(rows(theirs)).toContainText([/kite:paper-a/])
  await expect(rows(theirs).filter({ hasText: scope })).toHaveCount(0)
  const run = { template_id: "t", account_scope: scope, execution_mode: "paper" }
  const refused = await stranger.request.post("/api/algo-workers/worker/runs", {
    headers: { Origin: baseURL ?? "" },
    data: run,
  })
  expect(refused.status(), await refused.text()).toBe(400)
  await stranger.close()
})

test("everybody has a first account; at the limit the page says so and keeps what was typed", async ({
  browser,
  baseURL,
}) => {
  const context = await signedInAs(browser, baseURL)
  const page = await context.newPage()
  await settle(page, PAGE)
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(page)).toContainText(/kite:paper-a.*₹10,00,000/)
  await shoot(page, "paper-accounts-newcomer")
  for (let number = 2; number <= MOST; number++) {
    const opened = await context.request.post(ACCOUNTS, {
      headers: { Origin: baseURL ?? "" },
      data: { account_scope: `kite:paper-${number}`, opening_cash: 1000 },
    })
    expect(opened.ok(), await opened.text()).toBe(true)
  }
  await name(page).fill("kite:paper-too-many")
  await open(page)
  await expect(page.getByRole("alert")).toContainText(
    `You have ${MOST} accounts, the most that one person can have.`,
  )
  await expect(name(page)).toHaveValue("kite:paper-too-many")
  await page.reload()
  await expect(rows(page)).toHaveCount(MOST)
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await expectFits(page, `paper accounts at ${width}`)
    await expectAccessible(page, `paper accounts at ${width}`)
    await shoot(page, `paper-accounts-many-${width}`)
  }
  await context.close()
})
