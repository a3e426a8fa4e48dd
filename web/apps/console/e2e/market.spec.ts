import { expect, type Locator, type Page, test } from "@playwright/test"
import { moves, STILL_AT_MOST_MS } from "./moving"
import { shoot } from "./shots"

test.describe.configure({ mode: "serial" })
test.setTimeout(3 * STILL_AT_MOST_MS)

function rowsOf(page: Page): Locator {
  return page.getByRole("region", { name: /^Watch list/ }).locator("tbody tr[tabindex]")
}

test("a watch list is created, updates live, and is reordered by keyboard", async ({ page }) => {
  await page.goto("/market")
  await expect(page.getByText("Create a watch list")).toBeVisible()
  await shoot(page, "market-empty")
  await page.getByRole("button", { name: "Start with the NIFTY 50" }).click()
  const rows = rowsOf(page)
  await expect(rows.first()).toBeVisible()
  await moves(rows.first().getByRole("cell").nth(1))
  await moves(page.getByRole("list", { name: "Indices" }).getByRole("listitem").first())
  await shoot(page, "market")

  const second = await rows.nth(1).getByRole("link").textContent()
  await rows.nth(1).focus()
  await page.keyboard.press("Alt+ArrowUp")
  await expect(rows.first().getByRole("link")).toHaveText(second ?? "")
  await rows.first().focus()
  await page.keyboard.press("Delete")
  await expect(rows.first().getByRole("link")).not.toHaveText(second ?? "")
  await page.getByRole("button", { name: "Undo" }).click()
  await expect(rows.first().getByRole("link")).toHaveText(second ?? "")
})

test("a click on a header sorts the list until its own order is restored", async ({ page }) => {
  await page.goto("/market")
  const rows = rowsOf(page)
  const names = () => rows.getByRole("link").allTextContents()
  await expect(rows.first()).toBeVisible()
  const own = await names()
  const head = page.getByRole("columnheader", { name: "Instrument" })
  await head.getByRole("button").click()
  await expect(head).toHaveAttribute("aria-sort", "ascending")
  await head.getByRole("button").click()
  await expect(head).toHaveAttribute("aria-sort", "descending")
  await expect.poll(async () => ((await names())[0] ?? "") > (own.at(-1) ?? "")).toBe(true)
  const last = page.getByRole("columnheader", { name: "Last" })
  await last.getByRole("button").click()
  await expect(last).toHaveAttribute("aria-sort", "descending")
  await expect(head).not.toHaveAttribute("aria-sort")
  const price = async (row: number) =>
    Number((await rows.nth(row).getByRole("cell").nth(1).innerText()).replaceAll(",", ""))
  await expect.poll(async () => (await price(0)) > (await price(5))).toBe(true)
  await expect(page.getByText("By last price, largest first")).toBeVisible()
  await shoot(page, "market-sorted")
  await page.getByRole("button", { name: "Back to your order" }).click()
  await expect(last).not.toHaveAttribute("aria-sort")
  await expect.poll(names).toEqual(own)
})

test("instruments are added to a second list by search", async ({ page }) => {
  await page.goto("/market")
  await page.getByRole("button", { name: "Lists" }).click()
  await page.getByRole("menuitem", { name: "New list" }).click()
  await page.getByRole("textbox", { name: "Name" }).fill("Mine")
  await page.keyboard.press("Enter")
  await expect(page.getByRole("tab", { name: "Mine", selected: true })).toBeVisible()
  await expect(page.getByText("Nothing on this list yet")).toBeVisible()
  const field = page.getByRole("textbox", { name: "Add an instrument" })
  for (const [words, found] of [
    ["infosys", /INFY/],
    ["nifty fut", /NIFTY\d{2}[A-Z]{3}FUT/],
  ] as const) {
    await field.fill(words)
    await expect(page.getByRole("option").first()).toContainText(found)
    await page.keyboard.press("Enter")
    await expect(rowsOf(page).filter({ hasText: found })).toBeVisible()
  }
  await page.reload()
  await page.getByRole("tab", { name: "Mine" }).click()
  await expect(rowsOf(page)).toHaveCount(2)
  await page.getByRole("tab", { name: "Mine" }).press("ArrowLeft")
  await expect(page.getByRole("tab", { name: "NIFTY 50", selected: true })).toBeFocused()
})

test("an instrument has candles, a quote that moves and five levels of depth", async ({ page }) => {
  await page.goto("/market")
  await rowsOf(page).filter({ hasText: "INFY" }).first().or(rowsOf(page).first()).first().click()
  await expect(page).toHaveURL(/\/market\/NSE/)
  await expect(page.getByRole("figure").locator("canvas").first()).toBeVisible()
  await expect(page.getByRole("table", { name: "Market depth" }).getByRole("row")).toHaveCount(6)
  await moves(page.getByRole("region", { name: "Quote" }))
  await shoot(page, "symbol")
  await page.getByText("1D", { exact: true }).click()
  await expect(page).toHaveURL(/interval=day/)
  await expect(page.getByRole("figure", { name: /1D$/ }).locator("canvas").first()).toBeVisible()

  await page.goto("/market/NSE:INFYY")
  await page.getByRole("link", { name: "NSE:INFY", exact: true }).click()
  await expect(page.getByRole("heading", { level: 1, name: "INFY" })).toBeVisible()
})

for (const timezoneId of ["Asia/Kolkata", "America/New_York", "Pacific/Auckland"])
  test.describe(`in ${timezoneId}`, () => {
    test.use({ timezoneId })

    test("the daily chart ends today, once", async ({ page }) => {
      await page.goto("/market/NSE:INFY?interval=day")
      const figure = page.getByRole("figure", { name: /1D$/ })
      await expect(figure.locator("canvas").first()).toBeVisible()
      await moves(page.getByRole("region", { name: "Quote" }))
      const today = new Intl.DateTimeFormat("en-GB", {
        day: "numeric",
        month: "short",
        year: "numeric",
        timeZone: "Asia/Kolkata",
      }).format(new Date())
      const reading = figure.locator("xpath=preceding-sibling::div[1]")
      await expect(reading).toContainText(today)
      const box = await figure.boundingBox()
      if (!box) throw new Error("the chart has no size")
      const days: string[] = []
      // To the right of the candles, where labels of levels may be, the reading is that of the last one.
      for (let share = 0.9; share > 0.6; share -= 0.004) {
        await page.mouse.move(box.x + box.width * share, box.y + 100)
        const day = /^[\d]+ \w+ \d{4}/.exec(await reading.innerText())?.[0] ?? ""
        if (day !== days.at(-1)) days.push(day)
      }
      expect(days.length).toBeGreaterThan(3)
      expect(days[0]).toBe(today)
      expect(new Set(days).size, days.join(", ")).toBe(days.length)
    })
  })

test("the palette finds an instrument", async ({ page }) => {
  await page.goto("/market")
  await expect(page.getByRole("navigation", { name: "Main", exact: true })).toBeVisible()
  await page.keyboard.press("Control+k")
  await page
    .getByPlaceholder("Search actions, instruments, strategies, runs and pages")
    .fill("tata consultancy")
  await expect(page.getByText("TCS", { exact: true })).toBeVisible()
  await page.keyboard.press("Enter")
  await expect(page.getByRole("heading", { level: 1, name: "TCS" })).toBeVisible()
})

test("a strategy is built from the chain and copied as Python", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"])
  await page.goto("/options")
  const chain = page.getByRole("region", { name: "Option chain of NIFTY" })
  await expect(chain.locator("tr[data-atm]")).toBeVisible()
  await expect(page.getByText("No legs yet")).toBeVisible()
  await chain.locator("tr[data-atm]").hover()
  await chain
    .locator("tr[data-atm]")
    .getByRole("button", { name: /^Buy .* CE$/ })
    .click()
  const figures = page.getByLabel("Figures of the strategy")
  await expect(figures).toContainText("No limit")

  await page.getByRole("button", { name: "Strategies" }).click()
  await page.getByRole("dialog", { name: "Strategies" }).getByRole("button", { name: "Iron condor" }).click()
  const legs = page.getByRole("region", { name: "Legs of the strategy" }).locator("tbody tr")
  await expect(legs).toHaveCount(4)
  await expect(figures).toContainText("Hedge benefit")
  await expect(figures).not.toContainText("No limit")
  await shoot(page, "options-strategy")

  const strike = await legs.first().locator("td").nth(2).textContent()
  await legs
    .first()
    .getByRole("button", { name: /one strike down/ })
    .click()
  await expect(legs.first().locator("td").nth(2)).not.toHaveText(strike ?? "")
  await page.reload()
  await expect(legs).toHaveCount(4)
  await page.getByRole("button", { name: "Copy as Python" }).click()
  const code = await page.evaluate(() => navigator.clipboard.readText())
  expect(code).toContain("resolve_spread(")
  expect(code.match(/SpreadLegSelection\(/g)).toHaveLength(4)

  await page.getByText("Greeks", { exact: true }).click()
  await expect(chain.getByRole("columnheader", { name: "Theta" })).toHaveCount(2)
})

test("on a phone the chain shows one side at a time", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto("/options?underlying=BANKNIFTY")
  const chain = page.getByRole("region", { name: "Option chain of BANKNIFTY" })
  await expect(chain.getByRole("columnheader", { name: "LTP" })).toHaveCount(1)
  await expect(chain.getByRole("button", { name: /^Buy .* CE$/ }).first()).toBeVisible()
  await page.getByText("Puts", { exact: true }).click()
  await expect(chain.getByRole("button", { name: /^Buy .* PE$/ }).first()).toBeVisible()
  await shoot(page, "options-390")
})

test("a GTT is rejected with a message, created, changed, deleted and restored", async ({
  page,
  baseURL,
}) => {
  await page.goto("/market/NSE:INFY")
  await page.getByRole("link", { name: "New GTT" }).click()
  const form = page.getByRole("dialog")
  const trigger = form.getByRole("textbox", { name: "trigger price" })
  await expect(trigger).toHaveValue(/^\d/)
  // Typed at in a hurry, with prices coming in: what is typed stays, and is formatted on leaving.
  await trigger.click()
  await page.keyboard.press("ControlOrMeta+a")
  await page.keyboard.type("145.5", { delay: 60 })
  await expect(trigger).toHaveValue("145.5")
  await page.keyboard.press("ControlOrMeta+a")
  await page.keyboard.press("Backspace")
  await page.waitForTimeout(1500)
  await expect(trigger).toHaveValue("")
  await page.keyboard.insertText("₹1,450.505")
  await expect(trigger).toHaveValue("")
  await page.keyboard.insertText("₹1,450.50")
  await page.keyboard.press("ArrowUp")
  await page.keyboard.press("Tab")
  await expect(trigger).toHaveValue(/^1,450\.[56]/)
  await form.getByText("Stop and target", { exact: true }).click()
  await form.getByRole("button", { name: "Target, above the price, -10 percent from the last price" }).click()
  await form.getByRole("button", { name: /^Place GTT/ }).click()
  await expect(form.getByRole("alert")).toContainText("both sides of the last price")
  await shoot(page, "gtt-refused")
  await form.getByText("Single", { exact: true }).click()
  await form.getByRole("textbox", { name: "quantity" }).fill("10")
  await form.getByRole("button", { name: "-5 percent from the last price" }).click()
  await form.getByRole("button", { name: /^Place GTT: buy 10 INFY at ₹.* PAPER$/ }).click()
  const rows = page.getByRole("region", { name: "Active GTTs" }).locator("tbody tr")
  await expect(rows).toHaveCount(1)
  await expect(rows.first()).toContainText("% away")

  await rows
    .first()
    .getByRole("button", { name: /^Change/ })
    .click()
  await form.getByRole("textbox", { name: "quantity" }).fill("25")
  await form.getByRole("button", { name: /^Change GTT/ }).click()
  await expect(rows.first()).toContainText("Buy 25")
  await rows
    .first()
    .getByRole("button", { name: /^Delete/ })
    .click()
  await expect(page.getByText("No active GTTs")).toBeVisible()
  await page.getByRole("button", { name: "Undo" }).click()
  await expect(rows.first()).toContainText("Buy 25")

  // A newer GTT that is further away is sorted below it from the first render.
  const limit = /at ([\d,.]+)/.exec(await rows.first().innerText())?.[1]?.replaceAll(",", "")
  const lower = onTick(Number(limit) * 0.95)
  const leg = { trigger: lower, price: lower, quantity: 7, transaction_type: "BUY", product: "CNC" }
  const further = await page.request.post("/api/gtts", {
    headers: { Origin: baseURL ?? "" },
    data: { instrument: "NSE:INFY", legs: [leg] },
  })
  expect(further.status(), await further.text()).toBe(201)
  await page.reload()
  await expect(rows).toHaveCount(2)
  await expect(rows.first()).toContainText("Buy 25")
  await shoot(page, "gtts")
})

test("in a window made narrow the labels of lines cover no candles", async ({ page }) => {
  await page.goto("/market/NSE:INFY?interval=day")
  const figure = page.getByRole("figure", { name: /1D$/ })
  await expect(figure.locator("canvas").first()).toBeVisible()
  const reading = figure.locator("xpath=preceding-sibling::div[1]")
  await expect(reading).toContainText(/\d{4}/)
  const newest = /^\d+ \w+ \d{4}/.exec(await reading.innerText())?.[0] ?? ""
  await page.setViewportSize({ width: 390, height: 844 })
  await expect.poll(async () => (await figure.boundingBox())?.width ?? 999).toBeLessThan(390)
  await figure.scrollIntoViewIfNeeded()
  const box = await figure.boundingBox()
  if (!box) throw new Error("the chart has no size")
  // The labels of the GTTs take the right of the plot: there the reading stays that of the newest candle.
  for (const share of [0.55, 0.65]) {
    await page.mouse.move(box.x + box.width * share, box.y + 60)
    await expect(reading).toContainText(newest)
  }
  await page.mouse.move(box.x + box.width * 0.2, box.y + 60)
  await expect(reading).not.toContainText(newest)
})

interface Chain {
  lot_size: number
  rows: { CE: { tradingsymbol: string; ltp: number } }[]
}

const onTick = (price: number) => Number((Math.round(price / 0.05) * 0.05).toFixed(2))

/** Create a GTT with two triggers just beyond the minimum distance of 0.25%: one is reached soon. */
async function triggerAround(page: Page, origin: string): Promise<{ name: string; quantity: number }> {
  // An at-the-money option of next week moves that far with a point or two of the index.
  const answer = await page.request.get("/api/options/NIFTY/chain?window=0&expiry=next_week")
  const { rows: strikes, lot_size: quantity } = (await answer.json()) as Chain
  const call = strikes[0]?.CE
  if (!call) throw new Error("there is no option at the money")
  const legs = [0.996, 1.004].map((share) => ({
    trigger: onTick(call.ltp * share),
    price: onTick(call.ltp * share * 1.1),
    quantity,
    transaction_type: "BUY",
    product: "NRML",
  }))
  const made = await page.request.post("/api/gtts", {
    headers: { Origin: origin },
    data: { instrument: `NFO:${call.tradingsymbol}`, legs },
  })
  expect(made.status(), await made.text()).toBe(201)
  return { name: call.tradingsymbol, quantity }
}

test("a triggered GTT shows its order in the history and on the chart", async ({ page, baseURL }) => {
  let made = { name: "", quantity: 0 }
  // The price may have moved too close to a trigger since it was read: then retry.
  await expect(async () => {
    made = await triggerAround(page, baseURL ?? "")
  }).toPass({ timeout: 60_000 })
  await page.goto("/gtts?tab=history")
  const fired = page
    .getByRole("region", { name: "GTT history" })
    .getByRole("row", { name: new RegExp(`${made.name}.*Triggered`) })
  await expect(fired).toContainText(`Complete, ${made.quantity} at`, { timeout: STILL_AT_MOST_MS })
  await shoot(page, "gtt-history")
  await fired.getByRole("link").click()
  await expect(page.getByRole("region", { name: "Your trades", exact: true })).toContainText("GTT")
  await shoot(page, "symbol-traded")
})

const MARKETS = [
  ["exchange", "live NSE through Zerodha Kite", "Live NSE through Zerodha Kite"],
  ["exchange", "live NSE through Zerodha Kite, Upstox and Groww", "Live NSE through 3 brokers"],
  ["sandbox", "sandbox, not the exchange through Zerodha Kite", "Sandbox, not the exchange"],
  ["simulated", "simulated", "Simulated market"],
] as const

test("where prices come from can be read on a phone and on a desk", async ({ page }) => {
  const bar = page.getByRole("region", { name: "Trading status" })
  for (const [source, label, short] of MARKETS) {
    for (const stale of [false, true]) {
      const last_tick_at = new Date().toISOString()
      const simulated = source === "simulated"
      const status = { type: "status", connected: true, source, label, simulated, stale, last_tick_at }
      await page.routeWebSocket(/\/api\/ws\/ticks/, (socket) => socket.send(JSON.stringify(status)))
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 844 })
        await page.goto("/gtts")
        const full = simulated ? short : `${label.charAt(0).toUpperCase()}${label.slice(1)}`
        const market = simulated ? short : (short.split(/,| through/)[0] ?? "")
        const alone = width === 390 ? short : full
        const before = width === 390 ? market : full
        const words = bar.getByText(stale ? `${before}: prices stale` : alone, { exact: true })
        await expect(words).toBeVisible()
        const beyond = await words.evaluate((one) => [
          one.scrollWidth - one.clientWidth,
          one.scrollHeight - one.clientHeight,
        ])
        expect(beyond, `${await words.innerText()} is cut at ${width}`).toEqual([0, 0])
        await shoot(page, `market-badge-${short.replaceAll(/\W+/g, "-")}-${stale ? "stale-" : ""}${width}`)
      }
    }
  }
})

test("stale prices are greyed with their age", async ({ page }) => {
  const at = new Date(Date.now() - 75_000).toISOString()
  const tick = { ltp: 101, close: 100, change: 1, change_pct: 1, ts: at, seq: 1 }
  await page.routeWebSocket(/\/api\/ws\/ticks/, (socket) => {
    socket.onMessage((message) => {
      const { symbols = [] } = JSON.parse(String(message)) as { symbols?: string[] }
      const data = Object.fromEntries(symbols.map((id) => [id, tick]))
      socket.send(JSON.stringify({ type: "ticks", data }))
    })
    socket.send(JSON.stringify({ type: "status", connected: true, source: "simulated", simulated: true }))
  })
  await page.goto("/market")
  const row = rowsOf(page).first()
  await expect(row).toHaveAttribute("data-stale", "")
  await expect(row).toContainText(/\d+ s old|\d+ min old/)
  await shoot(page, "market-stale")
})

test("a failed request shows what to do and its request id", async ({ page }) => {
  const failing = {
    status: 500,
    headers: { "X-Request-Id": "abc123def456", "X-Error-Code": "internal_error" },
    json: { detail: "Something went wrong here." },
  }
  for (const [path, call] of [
    ["/market", "**/api/watchlists"],
    ["/options", "**/api/options/NIFTY/chain*"],
    ["/gtts", "**/api/gtts?*"],
    ["/market/NSE:INFY", "**/api/instruments/resolve*"],
  ] as const) {
    await page.route(call, (route) => route.fulfill(failing))
    await page.goto(path)
    await expect(page.getByRole("alert").filter({ hasText: "abc123def456" }).first()).toBeVisible({
      timeout: 30_000,
    })
    await shoot(page, `failed${path.replaceAll(/[/:]/g, "-")}`)
    await page.unroute(call)
  }
})
