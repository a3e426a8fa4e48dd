import { expect, type Page, test } from "@playwright/test"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })

const DAYS = /(\d+ \w+ \d{4}) to (\d+ \w+ \d{4})/

interface Started {
  run_id: string
}

/** Run the rules of the last run on a period and return the id of the run. */
async function backtest(page: Page, origin: string, start: string, slippage_bps: number): Promise<string> {
  const runs = await page.request.get("/api/backtest/runs?limit=1")
  const [last] = (await runs.json()) as Started[]
  const report = await page.request.get(`/api/backtest/runs/${last?.run_id}`)
  const { strategy_snapshot: strategy } = (await report.json()) as { strategy_snapshot: object }
  const made = await page.request.post("/api/backtest/run", {
    headers: { Origin: origin },
    data: { strategy, start_date: start, end_date: "2025-12-31", slippage_bps },
  })
  expect(made.ok(), await made.text()).toBe(true)
  return ((await made.json()) as Started).run_id
}

/** Fingers that touch at a height, move from one place to another and leave. */
async function touchscreen(page: Page, y: number) {
  const session = await page.context().newCDPSession(page)
  const send = (type: "touchStart" | "touchMove" | "touchEnd", xs: number[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((x, id) => ({ x, y, id })) })
  return async (from: number[], to: number[]) => {
    await send("touchStart", from)
    for (let step = 1; step <= 10 && from.some((x, i) => x !== to[i]); step++)
      await send(
        "touchMove",
        from.map((x, i) => x + ((to[i] ?? x) - x) * (step / 10)),
      )
    await send("touchEnd", [])
  }
}

let early = ""
let late = ""

test("the chart of a result has ranges, is zoomed by the wheel, and is not dragged into blank space", async ({
  page,
  baseURL,
}) => {
  early = await backtest(page, baseURL ?? "", "2021-01-01", 5)
  late = await backtest(page, baseURL ?? "", "2023-01-02", 20)
  await page.goto(`/backtests/${early}`)
  await expect(page.getByRole("note", { name: "Verdict" })).toContainText(/NIFTY 50.*; .*\./)
  const chart = page.getByRole("figure", { name: /^Equity/ })
  const foot = chart.locator("xpath=following-sibling::div[1]")
  await expect(foot).toContainText(DAYS)
  const whole = DAYS.exec(await foot.innerText())?.[0] ?? ""
  const [, first = "", last = ""] = DAYS.exec(whole) ?? []

  await foot.getByText("1Y", { exact: true }).click()
  await expect(foot).toContainText(`to ${last}`)
  await expect(foot).not.toContainText(first)
  const box = await chart.boundingBox()
  if (!box) throw new Error("the chart has no size")
  const y = box.y + 120
  await page.mouse.dblclick(box.x + 300, y)
  await expect(foot).toContainText(whole)

  await page.mouse.move(box.x + 300, y)
  await page.mouse.wheel(0, -600)
  await expect(foot).not.toContainText(whole)
  const zoomed = DAYS.exec(await foot.innerText())?.[0]
  expect(zoomed).toBeDefined()
  for (const [from, to] of [
    [200, 900],
    [900, 100],
    [900, 100],
  ] as const) {
    await page.mouse.move(box.x + from, y)
    await page.mouse.down()
    await page.mouse.move(box.x + to, y, { steps: 8 })
    await page.mouse.up()
    const [, left = "", right = ""] = DAYS.exec(await foot.innerText()) ?? []
    expect(Date.parse(left)).toBeGreaterThanOrEqual(Date.parse(first))
    expect(Date.parse(right)).toBeLessThanOrEqual(Date.parse(last))
  }
  await page.mouse.dblclick(box.x + 300, y)
  await expect(foot).toContainText(whole)
  await shoot(page, "result-chart")
  await page.setViewportSize({ width: 820, height: 900 })
  await expect(foot).toContainText(whole)
})

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })

  test("the chart of a result is zoomed by two fingers, moved by one and never beyond its ends", async ({
    page,
  }) => {
    await page.goto(`/backtests/${early}`)
    const chart = page.getByRole("figure", { name: /^Equity/ })
    await chart.scrollIntoViewIfNeeded()
    const foot = chart.locator("xpath=following-sibling::div[1]")
    await expect(foot).toContainText(DAYS)
    const shown = async () => (DAYS.exec(await foot.innerText()) ?? []).slice(1).map((day) => Date.parse(day))
    const [first = 0, last = 0] = await shown()
    const box = await chart.boundingBox()
    if (!box) throw new Error("the chart has no size")
    const touch = await touchscreen(page, box.y + box.height / 3)
    const middle = box.x + box.width / 2

    // Two fingers apart, to a part of the period; then one finger, past either end.
    await touch([middle - 20, middle + 20], [middle - 90, middle + 90])
    const [zoomedFirst = 0, zoomedLast = 0] = await shown()
    expect(zoomedLast - zoomedFirst).toBeLessThan((last - first) / 2)
    for (let drag = 0; drag < 10; drag++) await touch([box.x + 30], [box.x + 250])
    expect((await shown())[0]).toBe(first)
    for (let drag = 0; drag < 20; drag++) await touch([box.x + 250], [box.x + 30])
    expect((await shown())[1]).toBe(last)

    // Two fingers together, further than the period is long; each time shows about half as much again.
    for (let pinch = 0; pinch < 10; pinch++)
      await touch([middle - 90, middle + 90], [middle - 20, middle + 20])
    expect(await shown()).toEqual([first, last])
    await touch([middle - 20, middle + 20], [middle - 90, middle + 90])
    expect(await shown()).not.toEqual([first, last])
    await touch([middle], [middle])
    await touch([middle], [middle])
    await expect.poll(shown).toEqual([first, last])
    await shoot(page, "result-chart-390")
  })
})

test("the headline and the tab count trades alike", async ({ page }) => {
  await page.goto(`/backtests/${early}?tab=trades`)
  const headline = page.getByLabel("Headline figures")
  const closed = /Closed trades\s*([\d,]+)/.exec(await headline.innerText())?.[1] ?? ""
  await expect(page.getByText(new RegExp(`^${closed} closed trades?( and [\\d,]+ open)?$`))).toBeVisible()
})

test("a comparison is on the common period, beside the benchmark, and names what differs", async ({
  page,
}) => {
  await page.goto(`/backtests/compare?ids=${early},${late}`)
  await expect(page.getByText(/^On the days that all runs cover: 2 Jan 2023 to 31 Dec 2025\.$/)).toBeVisible()
  const common = page.getByRole("region", { name: "Figures of the common period" })
  await expect(common.getByRole("columnheader", { name: "NIFTY 50" })).toBeVisible()
  await expect(common.getByText("best", { exact: true }).first()).toBeAttached()
  await expect(
    page.getByRole("region", { name: "Figures of the compared runs" }).getByText("best", { exact: true }),
  ).toHaveCount(0)
  const differences = page.getByRole("region", { name: "Differences of the compared runs" })
  await expect(differences.getByRole("row", { name: /^Slippage bps 5 20$/ })).toBeVisible()
  await expect(differences.getByRole("row", { name: /^Start date/ })).toBeVisible()
  await expect(differences.getByRole("row", { name: /^Universe/ })).toHaveCount(0)
  await shoot(page, "compare")
})

test.describe("in the dark", () => {
  test.use({ colorScheme: "dark" })

  test("a page is dark before its program is loaded", async ({ page }) => {
    await page.route("**/assets/*.js", (route) => route.abort())
    await page.goto("/sign-in", { waitUntil: "domcontentloaded" })
    await expect(page.locator("body")).toHaveCSS("background-color", "rgb(14, 17, 22)")
    await page.evaluate(() => localStorage.setItem("mantine-color-scheme-value", "light"))
    await page.reload({ waitUntil: "domcontentloaded" })
    await expect(page.locator("body")).toHaveCSS("background-color", "rgb(246, 247, 249)")
  })
})
