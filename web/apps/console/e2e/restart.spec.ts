import { type ChildProcess, spawn } from "node:child_process"
import { expect, type Page, test } from "@playwright/test"
import { makeRun } from "./made-run"
import { moves, STILL_AT_MOST_MS } from "./moving"
import { shoot } from "./shots"

const UP_MS = 120_000
/** The longest delay between two connection attempts, with a margin. */
const BACK_MS = 30_000

test.setTimeout(4 * STILL_AT_MOST_MS + 2 * UP_MS)

const { SERVER_PID = "", BASE_URL = "", WORKER_PYTHON: PYTHON = "python3" } = process.env
test.skip(SERVER_PID === "", "only where the server may be stopped: SERVER_PID is not set")

let server: ChildProcess | undefined
test.afterAll(() => server?.kill())

async function isUp(page: Page): Promise<boolean> {
  const answer = await page.request.get("/api/health", { timeout: 5_000 }).catch(() => null)
  return answer?.ok() ?? false
}

/** Restart the server with the same home, port and settings. */
function startAgain(): void {
  const serve = ["-m", "tradertape_server", "serve", "--demo", "--port", new URL(BASE_URL).port]
  server = spawn(PYTHON, serve, { stdio: "ignore" })
}

/** A page first visited while the server is unreachable loads completely afterwards. */
async function visitOptions(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Options", exact: true }).first().click()
  await expect(page.getByRole("alert")).toContainText("The server cannot be reached")
  await shoot(page, "options-lost")
}

test("figures are greyed while the server is unreachable, and refetched without a reload", async ({
  page,
  context,
}) => {
  const run = page
  const path = await makeRun(page, `restart-${Date.now()}`)
  const market = await context.newPage()
  const visitor = await context.newPage()
  const figures = run.getByRole("region", { name: "Headline figures" })
  const list = market.getByRole("list", { name: "Indices" })
  await run.goto(path)
  await market.goto("/market")
  await visitor.goto("/gtts")
  await moves(figures)
  await moves(list)
  for (const one of [run, market]) await one.evaluate(() => document.body.setAttribute("data-same", ""))

  process.kill(Number(SERVER_PID), "SIGKILL")
  for (const one of [run, market]) {
    await expect(one.getByRole("main")).toHaveAttribute("data-lost")
    await expect(one.getByText(/^Reconnecting/)).toBeVisible()
  }
  await expect(figures).toHaveText(/₹/)
  await shoot(run, "run-lost")
  await shoot(market, "market-lost")
  await visitOptions(visitor)

  // Without new events, only a reconnect refetches the timeline.
  const refetched = run.waitForResponse(
    (answer) => answer.ok() && answer.url().includes(`${path.replace("workers", "workers/runs")}/timeline`),
    {
      timeout: UP_MS + BACK_MS,
    },
  )
  startAgain()
  await expect.poll(() => isUp(page), { timeout: UP_MS, intervals: [500] }).toBe(true)
  await refetched
  for (const one of [run, market])
    await expect(one.getByRole("main")).not.toHaveAttribute("data-lost", { timeout: BACK_MS })
  await moves(figures)
  await moves(list)
  for (const one of [run, market]) await expect(one.locator("body[data-same]")).toHaveCount(1)
  const chain = visitor.getByRole("region", { name: "Option chain of NIFTY" })
  await expect(chain.getByRole("columnheader", { name: "Strike" })).toHaveCSS("position", "sticky")
})
