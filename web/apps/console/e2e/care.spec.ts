import { expect, type Page, test } from "@playwright/test"
import { lookAround } from "./care"

/** Pages with content; the run is the newest one. */
async function places(page: Page): Promise<Record<string, string>> {
  const runs = (await (await page.request.get("/api/backtest/runs")).json()) as { run_id: string }[]
  const own = (await (await page.request.get("/api/strategies")).json()) as { id: number }[]
  const [first, second] = runs
  const options = (await (await page.request.get("/api/workers/option-runs")).json()) as {
    card: { strategy_run_id: string }
  }[]
  const option = `/workers/${options[0]?.card.strategy_run_id}`
  return {
    home: "/",
    strategies: "/strategies?tab=templates",
    editor: `/strategies/${own[0]?.id}`,
    "editor-json": `/strategies/${own[0]?.id}?view=json`,
    "editor-test": `/strategies/${own[0]?.id}?view=test`,
    backtests: "/backtests",
    "new-backtest": "/backtests/new",
    result: `/backtests/${first?.run_id}`,
    trades: `/backtests/${first?.run_id}?tab=trades`,
    returns: `/backtests/${first?.run_id}?tab=returns`,
    compare: `/backtests/compare?ids=${first?.run_id},${second?.run_id}`,
    market: "/market",
    symbol: "/market/NSE:INFY?interval=15minute",
    options: "/options",
    "option-runs": "/workers?tab=options",
    "option-run": option,
    "option-run-protection": `${option}?tab=protection`,
    gtts: "/gtts",
    "gtt-form": "/gtts?make=NSE:INFY",
    settings: "/settings?tab=security",
    changelog: "/changelog",
  }
}

test("every page fits every width, is accessible, requests only our server, and raises no error", async ({
  page,
  baseURL,
}) => {
  test.setTimeout(900_000)
  const strangers: string[] = []
  const broken: string[] = []
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(baseURL ?? "") && !/^(data|blob):/.test(url)) strangers.push(url)
  })
  page.on("pageerror", (error) => broken.push(error.message))
  for (const [name, path] of Object.entries(await places(page))) {
    await test.step(name, () => lookAround(page, name, path))
  }
  expect(strangers).toEqual([])
  expect(broken).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(page.getByRole("navigation", { name: "Main, phone" })).toBeVisible()
})

test("an ended session is announced, and sign-in leads back to the page", async ({ page, context }) => {
  await page.goto("/gtts")
  await expect(page.getByRole("heading", { level: 1, name: "GTTs" })).toBeVisible()
  await context.clearCookies()
  await page.getByRole("tab", { name: "History" }).click()
  await expect(page.getByText("Your session has ended")).toBeVisible()
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fgtts/)
})
