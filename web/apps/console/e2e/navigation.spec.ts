import { expect, type Locator, type Page, test } from "@playwright/test"
import { expectAccessible } from "./care"
import { shoot } from "./shots"

const rail = (page: Page) => page.getByRole("navigation", { name: "Main", exact: true })
const palette = (page: Page) => page.getByPlaceholder(/^Search actions/)
const selected = (page: Page): Locator => page.locator("[data-action][data-selected]")

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press("Control+k")
  await expect(palette(page)).toBeVisible()
}

for (const [path, heading, back, to] of [
  ["/no-such-page", "Page not found", "Go to Home", "/"],
  ["/backtests/bt_nothing", "Backtest", "All backtests", "/backtests"],
  ["/backtests/compare?ids=bt_a,bt_b", "Compare", "All backtests", "/backtests"],
  ["/strategies/987654", "Strategy", "All strategies", "/strategies"],
  ["/strategies/none", "Strategy", "All strategies", "/strategies"],
  ["/workers/nothing", "Worker run", "All runs", "/workers"],
  ["/market/NSE:NOTHING", "NSE:NOTHING", "Market", "/market"],
] as const) {
  test(`a wrong address has the navigation, a heading and a way back: ${path}`, async ({ page }) => {
    await page.goto(path)
    await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible()
    await expect(rail(page)).toBeVisible()
    const link = page.getByRole("main").getByRole("link", { name: back }).first()
    await expect(link).toBeVisible()
    await expectAccessible(page, path)
    await shoot(page, `wrong-address-${heading.replaceAll(/\W+/g, "-")}`)
    await link.click()
    await expect(page).toHaveURL((url) => url.pathname === to)
  })
}

test("the search finds actions by their words, in any order", async ({ page }) => {
  await page.goto("/")
  await expect(rail(page)).toContainText("Ctrl K")
  await openPalette(page)
  for (const words of ["run backtest", "backtest run", "new backtest"]) {
    await palette(page).fill(words)
    await expect(selected(page)).toContainText("Run a backtest")
  }
  await shoot(page, "palette")
  await expectAccessible(page, "palette")
  await page.keyboard.press("Enter")
  await expect(page).toHaveURL(/\/backtests\/new/)
  await openPalette(page)
  await palette(page).fill("create token")
  await page.keyboard.press("Enter")
  await expect(page.getByRole("dialog", { name: "New worker token" })).toBeVisible()
})

test("a resting mouse leaves the selection to the arrow keys; a moved one takes it", async ({ page }) => {
  await page.goto("/")
  await expect(rail(page)).toBeVisible()
  await page.mouse.move(720, 560)
  await openPalette(page)
  await page.keyboard.press("ArrowDown")
  const first = await selected(page).innerText()
  await page.keyboard.press("ArrowDown")
  await expect(selected(page)).toHaveCount(1)
  expect(await selected(page).innerText()).not.toBe(first)
  const under = page.locator("[data-action]:hover")
  await expect(under).not.toHaveAttribute("data-selected")
  await expect(under).toHaveCSS("background-color", "rgba(0, 0, 0, 0)")
  const target = page.getByRole("button", { name: "Strategies", exact: true })
  await target.hover()
  await page.mouse.move(700, (await target.boundingBox())?.y ?? 0)
  await target.hover()
  await expect(selected(page)).toHaveText("Strategies")
  await page.keyboard.press("Enter")
  await expect(page).toHaveURL(/\/strategies/)
})

test("the question mark lists the keyboard shortcuts, but not in a field", async ({ page }) => {
  await page.goto("/backtests")
  await expect(rail(page)).toBeVisible()
  await page.keyboard.press("Shift+?")
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" })
  await expect(dialog).toContainText("Ctrl K")
  await shoot(page, "shortcuts")
  await expectAccessible(page, "keyboard shortcuts")
  await page.keyboard.press("Escape")
  await expect(dialog).toBeHidden()
  await page.getByRole("textbox", { name: "Find backtests" }).press("Shift+?")
  await expect(dialog).toBeHidden()
})

test("a changed strategy is saved and backtested with one button", async ({ page }) => {
  await page.goto("/strategies")
  const fork = page.getByRole("article", { name: /^Dip Buyer/ }).first()
  await fork.getByRole("link").first().click()
  await expect(page).toHaveURL(/\/strategies\/\d+/)
  await expect(page.getByRole("link", { name: "Backtest", exact: true })).toHaveCount(1)
  await page.getByLabel("Entry, 3, right side, number").fill("47")
  await page.getByRole("button", { name: "Save and backtest" }).click()
  await expect(page.getByText(/^Saved as version/)).toBeVisible()
  await expect(page).toHaveURL(/\/backtests\/new\?strategy=\d+/)
  await expect(page.getByRole("combobox", { name: "Strategy" })).toHaveValue(/\(v\d+\)$/)
})

test("the result of a template offers a fork, and Compare arrives with it selected", async ({ page }) => {
  const runs = (await (await page.request.get("/api/backtest/runs")).json()) as {
    run_id: string
    strategy: { id: number | null }
  }[]
  const templates = (await (await page.request.get("/api/strategies?scope=templates")).json()) as {
    id: number
  }[]
  const run = runs.find(({ strategy }) => templates.some(({ id }) => id === strategy.id))
  await page.goto(`/backtests/${run?.run_id}`)
  await page.getByRole("link", { name: "Compare", exact: true }).click()
  await expect(page.getByRole("checkbox", { name: /^Select/, checked: true })).toHaveCount(1)
  await expect(page.getByText("One is selected")).toBeVisible()
  await page.goBack()
  await page.getByRole("button", { name: "Fork" }).click()
  await expect(page).toHaveURL(/\/strategies\/\d+/)
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeVisible()
})

test("without market data the pages that need it say how to get some", async ({ page }) => {
  await page.route("**/api/market/data-sets*", (route) => route.fulfill({ json: [] }))
  const own = (await (await page.request.get("/api/strategies")).json()) as { id: number }[]
  for (const path of ["/", "/backtests/new", `/strategies/${own[0]?.id}?view=test`]) {
    await page.goto(path)
    await expect(page.getByText("No market data yet"), path).toBeVisible()
    await expect(page.getByText(/tradertape data fetch/), path).toBeVisible()
    await expectAccessible(page, `${path} without market data`)
  }
  await shoot(page, "no-market-data")
})

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test("the chosen tab is in view, however many come before it", async ({ page }) => {
    const runs = (await (await page.request.get("/api/backtest/runs")).json()) as { run_id: string }[]
    for (const [path, name] of [
      [`/backtests/${runs[0]?.run_id}?tab=config`, "Config"],
      ["/settings?tab=appearance", "Appearance"],
      ["/settings?tab=keys", "Agents and workers"],
    ] as const) {
      await page.goto(path)
      const tab = page.getByRole("tab", { name, selected: true })
      for (const width of [1024, 390]) {
        await page.setViewportSize({ width, height: 844 })
        await expect(tab).toBeInViewport({ ratio: 0.99 })
      }
    }
  })
})
