import AxeBuilder from "@axe-core/playwright"
import { expect, type Page, test } from "@playwright/test"
import { shoot } from "./shots"

/** The pages with something on them; the run is the newest one. */
async function places(page: Page): Promise<Record<string, string>> {
  const runs = (await (await page.request.get("/api/backtest/runs")).json()) as { run_id: string }[]
  const own = (await (await page.request.get("/api/strategies")).json()) as { id: number }[]
  const [first, second] = runs
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
    gtts: "/gtts",
    "gtt-form": "/gtts?make=NSE:INFY",
    settings: "/settings?tab=security",
    changelog: "/changelog",
  }
}

async function settle(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
  await page.waitForLoadState("networkidle")
  await expect(page.locator("[data-mantine-skeleton], .mantine-Skeleton-root")).toHaveCount(0)
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`nothing on the pages keeps anybody out (${colorScheme})`, async ({ page }) => {
    test.slow()
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    for (const [name, path] of Object.entries(await places(page))) {
      await settle(page, path)
      await shoot(page, `${name}-1440-${colorScheme}`)
      const { violations } = await new AxeBuilder({ page })

        .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
        // The text inside the editor takes the focus; its frame is not meant to.
        .exclude(".cm-scroller")

        .analyze()
      const told = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
      )
      expect.soft(told, `${name}, ${colorScheme}`).toEqual([])
    }
  })
}

for (const width of [390, 1024]) {
  test(`pages fit ${width} px`, async ({ page }) => {
    test.slow()
    await page.setViewportSize({ width, height: width === 390 ? 844 : 768 })
    for (const [name, path] of Object.entries(await places(page))) {
      await settle(page, path)
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect.soft(beyond, `${name} is wider than ${width} px`).toBeLessThanOrEqual(0)
      await shoot(page, `${name}-${width}`)
    }
    if (width === 390) await expect(page.getByRole("navigation", { name: "Main, phone" })).toBeVisible()
  })
}

test("no page asks anybody but our own server, and none breaks", async ({ page, baseURL }) => {
  const strangers: string[] = []
  const broken: string[] = []
  page.on("request", (request) => {
    const url = request.url()
    if (!url.startsWith(baseURL ?? "") && !/^(data|blob):/.test(url)) strangers.push(url)
  })
  page.on("pageerror", (error) => broken.push(error.message))
  for (const path of Object.values(await places(page))) await settle(page, path)
  expect(strangers).toEqual([])
  expect(broken).toEqual([])
})

test("an unknown page and an unknown run say what to do", async ({ page }) => {
  await page.goto("/no-such-page")
  await expect(page.getByText("There is no page at this address")).toBeVisible()
  await page.goto("/backtests/bt_nothing")
  await expect(page.getByRole("alert")).toContainText("not found")
  await shoot(page, "run-unknown")
})
