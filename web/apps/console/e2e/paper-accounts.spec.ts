import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits, settle } from "./care"
import { shoot } from "./shots"

const PAGE = "/settings?tab=accounts"
const ACCOUNTS = "/api/algo-workers/worker/accounts"
/** The most accounts of one person. */
const MOST = 50
/** Rows of the table without its head. */
const rows = (page: Page) => page.getByRole("region", { name: "Accounts", exact: true }).locator("tbody tr")
const open = (page: Page) => page.getByRole("button", { name: "Open account" }).click()
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

test("everybody has a first account; at the limit the page says so and keeps what was typed", async ({
  browser,
  baseURL,
}) => {
  const { OTHER_EMAIL: email = "", OTHER_PASSWORD: password = "" } = process.env
  const context = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } })
  const signedIn = await context.request.post("/api/auth/password-login", { data: { email, password } })
  expect(signedIn.ok(), await signedIn.text()).toBe(true)
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
