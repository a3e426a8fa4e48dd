import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, expectFits, settle } from "./care"
import { atTheMoney, enterOptionRun, makeStraddle } from "./made-option-run"
import { makeRun } from "./made-run"
import { shoot } from "./shots"
import { release, stop } from "./stopping"

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

interface Overlay {
  name: string
  path: string
  open: Open
  /** What has to be on the screen besides the dialog or menu before it is checked. */
  shows?: string | RegExp
}

/** Click the button of a kind of study, which opens its settings. */
const study =
  (kind: string): Open =>
  (page) =>
    page.getByText(kind, { exact: true }).first().locator("..").getByRole("button").click()

const firstRow: Open = (page) => page.getByRole("region", { name: "Trades" }).getByRole("row").nth(1).click()

/** Ids of what the dialogs are about: the newest backtest, an own strategy, and runs made for the purpose. */
interface Subjects {
  result: string
  strategy: string
  run: string
  straddle: string
  entered: string
  legs: string
}

async function subjects(page: Page, origin: string): Promise<Subjects> {
  const runs = (await (await page.request.get("/api/backtest/runs")).json()) as { run_id: string }[]
  const own = (await (await page.request.get("/api/strategies")).json()) as { id: number }[]
  const headers = { Origin: origin }
  const { symbols } = await atTheMoney(page)
  const stamp = Date.now()
  const entered = await makeStraddle(page, "Straddle under axe")
  await enterOptionRun(page, entered)
  for (const [path, data] of [
    ["/api/watchlists", { name: `List ${stamp}` }],
    ["/api/auth/worker-tokens", { label: "Token to revoke" }],
    ["/api/auth/agent-keys", { label: "Key to revoke" }],
  ] as const) {
    const made = await page.request.post(path, { headers, data })
    expect(made.ok(), await made.text()).toBe(true)
  }
  return {
    result: `/backtests/${runs[0]?.run_id}`,
    strategy: `/strategies/${own[0]?.id}`,
    run: await makeRun(page, `under-axe-${stamp}`),
    straddle: `/workers/${await makeStraddle(page, "Straddle to enter")}`,
    entered: `/workers/${entered}`,
    legs: symbols.map((symbol) => `S1.${symbol}`).join(","),
  }
}

/** What opens over a strategy, a backtest or the pages around them. */
function overResearch({ result, strategy }: Subjects): Overlay[] {
  return [
    // On a phone it is part of the menu "More".
    { name: "account menu", path: "/", open: press(/^(Account|More)$/), shows: "Sign out" },
    { name: "new strategy", path: "/strategies", open: press("New strategy") },
    { name: "delete a strategy", path: strategy, open: press("More actions", "Delete") },
    { name: "add a condition", path: strategy, open: press("Add a condition to Entry") },
    { name: "actions on a condition", path: strategy, open: press(/^Actions for Entry, 1$/) },
    { name: "name and tags", path: result, open: press("More actions", "Name and tags") },
    { name: "delete a run", path: result, open: press("More actions", "Delete") },
    {
      name: "delete chosen runs",
      path: "/backtests",
      open: async (page) => {
        await page
          .getByRole("checkbox", { name: /^Select/ })
          .first()
          .check()
        await page.getByRole("button", { name: "Delete", exact: true }).click()
      },
    },
    { name: "trade", path: `${result}?tab=trades`, open: firstRow, shows: /^Bought|Entry/ },
    { name: "parameter sweep", path: `${result}?tab=robustness`, open: study("Parameter sweep") },
    { name: "parameter search", path: `${result}?tab=robustness`, open: study("Parameter search") },
    { name: "walk-forward", path: `${result}?tab=robustness`, open: study("Walk-forward") },
  ]
}

/** What opens over the market, workers' runs, options and keys. */
function overTrading({ run, straddle, entered, legs }: Subjects): Overlay[] {
  return [
    { name: "kill switch", path: "/", open: press("Kill switch") },
    { name: "new watch list", path: "/market", open: press("Lists", "New list") },
    { name: "rename a watch list", path: "/market", open: press("Lists", /^Rename/) },
    { name: "menu of watch lists", path: "/market", open: press("Lists") },
    { name: "watch an instrument", path: "/market/NSE:INFY", open: press("Watch") },
    { name: "new GTT", path: "/gtts?isNew=true", open: async () => undefined },
    { name: "create an option run", path: `/options?legs=${legs}`, open: press("Create option run") },
    {
      name: "strategies of options",
      path: "/options",
      open: (page) => page.getByRole("button", { name: "Strategies", exact: true }).click(),
    },
    { name: "enter an option run", path: straddle, open: press(/^Enter$/), shows: /needs ₹/ },
    { name: "exit an option run", path: entered, open: press("Exit run"), shows: /^Sends 2 orders/ },
    { name: "exit a run", path: run, open: press("Exit run"), shows: /^Sends 1 order/ },
    { name: "new worker token", path: "/workers?tab=tokens&isNew=true", open: async () => undefined },
    { name: "revoke a worker token", path: "/workers?tab=tokens", open: press(/^Revoke/) },
    { name: "new agent key", path: "/settings?tab=keys", open: press("New agent key") },
    { name: "revoke an agent key", path: "/settings?tab=keys", open: press(/^Revoke/) },
  ]
}

const WIDTHS = [1440, 390]

async function check(page: Page, { name, path, open, shows }: Overlay, scheme: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    await settle(page, path)
    await open(page)
    const over = page.getByRole("dialog").or(page.getByRole("menu"))
    await expect(over.first()).toBeVisible()
    if (shows) await expect(over.getByText(shows).first()).toBeVisible()
    await expectAccessible(page, `${name}, ${scheme}, ${width}`)
    await expectFits(page, `${name} at ${width}`)
    await shoot(page, `over-${name.replaceAll(" ", "-")}-${width}-${scheme}`)
  }
}

for (const scheme of ["light", "dark"] as const) {
  test(`every dialog, drawer and menu is accessible, ${scheme}`, async ({ page, baseURL }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    const about = await subjects(page, baseURL ?? "")
    for (const overlay of [...overResearch(about), ...overTrading(about)])
      await test.step(overlay.name, () => check(page, overlay, scheme))
  })
}

for (const scheme of ["light", "dark"] as const) {
  test(`the notice and dialog of stopped trading are accessible, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    await settle(page, "/")
    await page.getByRole("button", { name: "Kill switch" }).click()
    await stop(page)
    const overlay = { name: "trading stopped", path: "/", open: press("Trading stopped") }
    await check(page, overlay, scheme)
    await release(page)
    await expect(page.getByRole("button", { name: "Kill switch" })).toBeVisible()
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
