import { expect, type Page, test } from "@playwright/test"
import { lookAround } from "./care"
import { makeRun } from "./made-run"

interface Place {
  name: string
  path: string
}

const tabsOf = (name: string, path: string, tabs: readonly string[]): Place[] =>
  tabs.map((tab) => ({ name: `${name}-${tab}`, path: `${path}?tab=${tab}` }))

const RESULT_TABS = [
  "trades",
  "returns",
  "drawdowns",
  "conviction",
  "skipped",
  "costs",
  "robustness",
  "config",
]
const RUN_TABS = ["orders", "protection", "risk", "timeline"]
const SETTINGS_TABS = ["profile", "security", "agent", "keys", "accounts", "appearance"]

/** Every page with content, and every tab of it; the result is the newest one. */
async function places(page: Page): Promise<Place[]> {
  const read = async <T>(path: string) => (await (await page.request.get(path)).json()) as T
  const [first, second] = await read<{ run_id: string }[]>("/api/backtest/runs")
  const [own] = await read<{ id: number }[]>("/api/strategies")
  const [options] = await read<{ card: { strategy_run_id: string } }[]>("/api/workers/option-runs")
  const result = `/backtests/${first?.run_id}`
  const strategy = `/strategies/${own?.id}`
  const option = `/workers/${options?.card.strategy_run_id}`
  const equity = await makeRun(page, `looked-around-${Date.now()}`)
  return [
    { name: "home", path: "/" },
    ...tabsOf("strategies", "/strategies", ["mine", "templates", "public"]),
    { name: "editor", path: strategy },
    ...["json", "english", "test", "versions"].map((view) => ({
      name: `editor-${view}`,
      path: `${strategy}?view=${view}`,
    })),
    { name: "backtests", path: "/backtests" },
    { name: "new-backtest", path: "/backtests/new" },
    { name: "result", path: result },
    ...tabsOf("result", result, RESULT_TABS),
    { name: "compare", path: `/backtests/compare?ids=${first?.run_id},${second?.run_id}` },
    { name: "market", path: "/market" },
    { name: "symbol", path: "/market/NSE:INFY?interval=15minute" },
    { name: "options", path: "/options" },
    ...tabsOf("workers", "/workers", ["runs", "options", "tokens"]),
    { name: "run", path: equity },
    ...tabsOf("run", equity, RUN_TABS),
    { name: "option-run", path: option },
    ...tabsOf("option-run", option, RUN_TABS),
    ...tabsOf("trading", "/trading", ["orders", "positions", "funds"]),
    { name: "order-ticket", path: "/trading?ticket=NSE:INFY&isNew=true" },
    ...tabsOf("gtts", "/gtts", ["active", "history"]),
    { name: "gtt-form", path: "/gtts?make=NSE:INFY" },
    ...tabsOf("settings", "/settings", SETTINGS_TABS),
    { name: "changelog", path: "/changelog" },
  ]
}

test("every page fits every width, is accessible, requests only our server, and raises no error", async ({
  page,
  baseURL,
}) => {
  test.setTimeout(1_500_000)
  const strangers: string[] = []
  const broken: string[] = []
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(baseURL ?? "") && !/^(data|blob):/.test(url)) strangers.push(url)
  })
  page.on("pageerror", (error) => broken.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error") broken.push(`${page.url()}: ${message.text()}`)
  })
  for (const { name, path } of await places(page)) {
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
