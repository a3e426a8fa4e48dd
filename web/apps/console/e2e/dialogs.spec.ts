import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, settle } from "./care"
import { shoot } from "./shots"

test.setTimeout(600_000)

type Open = (page: Page) => Promise<void>

const press =
  (...names: (string | RegExp)[]): Open =>
  async (page) => {
    for (const name of names) {
      const item = page.getByRole("menuitem", { name })
      await page.getByRole("button", { name }).or(item).or(page.getByRole("link", { name })).first().click()
    }
  }

/** What opens over a page, by the page; newest run and own strategy where an id is needed. */
async function overlays(page: Page): Promise<[string, string, Open][]> {
  const runs = (await (await page.request.get("/api/backtest/runs")).json()) as { run_id: string }[]
  const own = (await (await page.request.get("/api/strategies")).json()) as { id: number }[]
  const run = `/backtests/${runs[0]?.run_id}`
  const strategy = `/strategies/${own[0]?.id}`
  return [
    ["kill switch", "/", press("Kill switch")],
    ["account menu", "/", press("Account")],
    ["delete a strategy", strategy, press("More actions", "Delete")],
    ["add a condition", strategy, press("Add a condition to Entry")],
    ["name and tags", run, press("More actions", "Name and tags")],
    ["delete a run", run, press("More actions", "Delete")],
    [
      "trade",
      `${run}?tab=trades`,
      (at) => at.getByRole("region", { name: "Trades" }).getByRole("row").nth(1).click(),
    ],
    ["new worker token", "/workers?tab=tokens&isNew=true", async () => undefined],
    ["new agent key", "/settings?tab=keys", press("New agent key")],
    ["new GTT", "/gtts?isNew=true", async () => undefined],
  ]
}

for (const scheme of ["light", "dark"] as const) {
  test(`every dialog, drawer and menu is accessible, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    for (const [name, path, open] of await overlays(page)) {
      await test.step(name, async () => {
        await settle(page, path)
        await open(page)
        await expect(page.getByRole("dialog").or(page.getByRole("menu")).first()).toBeVisible()
        await expectAccessible(page, `${name}, ${scheme}`)
        await shoot(page, `over-${name.replaceAll(" ", "-")}-${scheme}`)
      })
    }
  })
}

test("the pages of signing in and every tab of settings and workers are accessible", async ({ page }) => {
  const paths = ["profile", "security", "keys", "accounts", "appearance"].map((tab) => `/settings?tab=${tab}`)
  for (const path of [
    ...paths,
    "/strategies?tab=public",
    "/workers",
    "/workers?tab=tokens",
    "/sign-in",
    "/sign-in/verify?token=none",
  ]) {
    await test.step(path, async () => {
      await settle(page, path)
      await expectAccessible(page, path)
    })
  }
})
