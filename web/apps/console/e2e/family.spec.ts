import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits } from "./care"
import { shoot } from "./shots"

test.setTimeout(240_000)

const OTHER = { email: process.env.OTHER_EMAIL ?? "", password: process.env.OTHER_PASSWORD ?? "" }
test.skip(OTHER.email === "", "needs a second person")

async function invite(page: Page): Promise<string> {
  await page.goto("/family")
  await page.getByLabel("Name of the group").fill("Our family")
  await page.getByRole("button", { name: "Make a group" }).click()
  await page.getByRole("tab", { name: "Members and sharing" }).click()
  await page.getByLabel("E-mail").fill(OTHER.email)
  await page.getByRole("button", { name: "Invite", exact: true }).click()
  const link = page.locator("code", { hasText: "/family/invitation#" })
  await expect(link).toBeVisible()
  await expectAccessible(page, "members of a family")
  return (await link.textContent()) ?? ""
}

test("FM-03, FM-04: a second person accepts by the link, sees what is shared, and nothing once removed", async ({
  page,
  browser,
  baseURL,
}) => {
  const link = new URL(await invite(page))
  const second = await browser.newContext({
    storageState: { cookies: [], origins: [] },
    viewport: { width: 390, height: 844 },
  })
  const other = await second.newPage()
  await other.goto(`${baseURL}/family/invitation${link.hash}`)
  await expect(other).toHaveURL(/\/sign-in\?next=%2Ffamily%2Finvitation$/)
  const origin = new URL(baseURL ?? "").origin
  const signedIn = await second.request.post(`${baseURL}/api/auth/password-login`, {
    data: OTHER,
    headers: { origin },
  })
  expect(signedIn.status()).toBe(200)
  await other.goto(`${baseURL}/family/invitation`)
  await expect(other.getByText("invites you to “Our family”")).toBeVisible()
  await expectAccessible(other, "an invitation")
  await other.getByRole("button", { name: "Accept" }).click()
  await expect(other.getByRole("tab", { name: "Members and sharing" })).toBeVisible()
  await expectFits(other, "a family on a phone")
  await shoot(other, "family-390")

  await page.reload()
  await page.getByRole("button", { name: /^Change / }).click()
  await page.getByRole("menuitem", { name: "Remove" }).click()
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click()
  await expect(page.getByText(/is removed/)).toBeVisible()
  await other.reload()
  await expect(other.getByText("No family group yet")).toBeVisible()
  await second.close()
})
