import { expect, type Page, test } from "@playwright/test"
import { expectAccessible, lookAround, settle } from "./care"
import { ownApp } from "./own-app"
import { shoot } from "./shots"
import { startWorker, type Worker } from "./worker"

const BROKERS = "/settings?tab=brokers"

/** Buys three shares live, says when they are filled, and works until its run is closed. */
const SCRIPT = `
import time
from kite_algo_worker import (
    AlgoWorkerConfig, KiteAlgoWorkerClient, RunConfig, equity_market_order,
    wait_for_terminal_order_state,
)

client = KiteAlgoWorkerClient(AlgoWorkerConfig.from_env())
config = RunConfig.from_env("live-journey").with_metadata(
    strategy_family="journey", strategy_name="Live journey", entry_surface="worker",
)
with client.run(config) as run:
    safety = run.safety_check()
    if not safety.can_trade:
        raise SystemExit("; ".join(safety.blocking_reasons))
    order = equity_market_order("INFY", "BUY", 3)
    placed = run.place_order(order, idempotency_key="entry-0001", safety_token=safety.safety_token)
    done = wait_for_terminal_order_state(client, run.run_id, placed["order_id"])
    print("Filled", done and done.filled_quantity, flush=True)
    while client.get_run(run.run_id)["status"] == "open":
        run.heartbeat()
        time.sleep(1)
print("Closed", flush=True)
`

test.describe.configure({ mode: "serial" })
test.skip(!process.env.UNUSED_SERVER, "needs a server whose sandbox nobody has used")

let worker: Worker | undefined
let run = ""

test.afterAll(() => worker?.stop())

const main = (page: Page) => page.getByRole("main")
const orders = (page: Page) => page.getByRole("region", { name: "Orders, table" })
const code = (page: Page, name: string) => page.getByRole("region", { name: `Code: ${name}` }).innerText()

test("two clicks connect Kite at the built-in sandbox, and its holdings are there", async ({ page }) => {
  await settle(page, BROKERS)
  await page.getByRole("button", { name: "Start the sandbox" }).click()
  const sandbox = page.getByRole("region", { name: "Try it with the sandbox" })
  await sandbox.getByRole("button", { name: "Connect" }).click()
  await expect(page).toHaveURL(/\/wealth/)
  await expect(page.getByText("5 holdings", { exact: true })).toBeVisible()
  for (const symbol of ["INFY", "RELIANCE", "HDFCBANK", "TCS", "SBIN"])
    await expect(main(page).getByRole("cell", { name: new RegExp(`^${symbol}`) })).toBeVisible()
  await shoot(page, "live-holdings")
})

test("a worker with the page's environment trades live, and its order is seen to fill", async ({ page }) => {
  await settle(page, BROKERS)
  const environment = await code(page, "environment of a live worker")
  await page.goto("/workers?tab=tokens&isNew=true")
  const dialog = page.getByRole("dialog", { name: "New worker token" })
  await dialog.getByRole("textbox", { name: "What is it for?" }).fill("Live worker")
  await dialog.getByRole("checkbox", { name: /^live/ }).check()
  await dialog.getByRole("button", { name: "Create" }).click()
  const shown = page.getByRole("dialog").getByText(/^kwa_[\w-]{20}/)
  await expect(shown).toBeVisible()
  worker = await startWorker(SCRIPT, environment.replace("kwa_…", await shown.innerText()))
  await page.goto("/workers")
  const card = main(page).getByRole("link", { name: /Live journey/ })
  await expect(card, worker.said()).toBeVisible({ timeout: 40_000 })
  await expect(card).toContainText("SANDBOX")
  await expect(card).toContainText("1 position")
  await expect.poll(() => worker?.said(), { timeout: 30_000 }).toContain("Filled 3")
  await shoot(page, "live-workers")
  await card.click()
  await expect(page).toHaveURL(/\/workers\/\w/)
  run = page.url()
  const legs = page.getByRole("region", { name: "Legs" }).last()
  await expect(legs.getByRole("cell", { name: /^NSE:INFY CNC/ })).toBeVisible()
  await page.getByRole("tab", { name: "Orders and trades" }).click()
  await expect(page.getByRole("cell", { name: "BUY 3 NSE:INFY" }).first()).toBeVisible()
  await expectAccessible(page, "the orders of a live run")
  await shoot(page, "live-run-orders")
})

test("the broker's order book has the run's order and one of the broker's own app", async ({ page }) => {
  const app = await ownApp(page)
  const external = await app.place({
    exchange: "NSE",
    tradingsymbol: "SBIN",
    transaction_type: "BUY",
    quantity: "2",
    product: "CNC",
    order_type: "MARKET",
    market_protection: "-1",
  })
  const book = await app.get<{ order_id: string; tradingsymbol: string; filled_quantity: number }>("/orders")
  expect(book.map((row) => [row.tradingsymbol, row.filled_quantity])).toEqual([
    ["INFY", 3],
    ["SBIN", 2],
  ])
  expect(book.at(-1)?.order_id).toBe(external)
  const ours = orders(page).getByRole("row").filter({ hasText: "INFY" })
  const theirs = orders(page).getByRole("row").filter({ hasText: "SBIN" })
  await expect(async () => {
    await settle(page, "/wealth?tab=orders")
    await expect(theirs).toContainText("External", { timeout: 2_000 })
  }).toPass({ timeout: 60_000 })
  await expect(ours).toContainText("Ours")
  await expect(ours).toContainText("3 of 3")
  await expect(theirs).toContainText("2 of 2")
  await lookAround(page, "live-order-book", "/wealth?tab=orders")
})

test("a GTT on the broker's account rests there, says where, and ends there", async ({ page }) => {
  await settle(page, "/gtts?isNew=true&make=NSE:INFY")
  const dialog = page.getByRole("dialog", { name: "New GTT" })
  await dialog.getByRole("combobox", { name: "Account" }).click()
  await page.getByRole("option", { name: /^kite:SB\d+, sandbox$/ }).click()
  await expect(dialog.getByText("0 of 250 active")).toBeVisible()
  await dialog.getByText("−10%").first().click()
  await dialog.getByRole("button", { name: /^Place GTT: .* SANDBOX$/ }).click()
  const confirm = dialog.getByRole("button", { name: /^Confirm: Place GTT: .* SANDBOX$/ })
  await expect(confirm).toBeVisible()
  await shoot(page, "live-gtt-form")
  await page.waitForTimeout(800) // a second press sooner is a double click
  await confirm.click()
  const table = page.getByRole("region", { name: "Active GTTs, table" })
  await expect(table).toContainText(/kite:SB\d+/)
  await expect(table).toContainText(/id \d+, seen/)
  const app = await ownApp(page)
  const resting = await app.get<{ id: number; status: string }>("/gtt/triggers")
  expect(resting.map((one) => one.status)).toEqual(["active"])
  await expect(table).toContainText(`id ${resting[0]?.id}`)
  await lookAround(page, "live-gtts", "/gtts")
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.getByRole("button", { name: /^Delete the GTT on INFY/ }).click()
  await settle(page, "/gtts?tab=history")
  await expect(page.getByRole("region", { name: "GTT history, table" })).toContainText(/Deleted/)
  expect((await app.get<{ status: string }>("/gtt/triggers")).map((one) => one.status)).toEqual(["deleted"])
})

test("the run is closed from the page: its shares are sold at the broker, and its worker ends", async ({
  page,
}) => {
  await page.goto(run)
  await page.getByRole("button", { name: "Exit run" }).click()
  const dialog = page.getByRole("dialog")
  await expect(dialog).toContainText("Sends 1 order to the sandbox market")
  await expect(dialog).toContainText(/SELL 3 NSE:INFY/)
  await shoot(page, "live-exit")
  await dialog.getByRole("button", { name: /^Exit 1 position · ₹.* · SANDBOX$/ }).click()
  await expect.poll(() => worker?.said(), { timeout: 60_000 }).toContain("Closed")
  const sold = (
    await (await ownApp(page)).get<{ transaction_type: string; filled_quantity: number }>("/orders")
  )
    .filter((row) => row.transaction_type === "SELL")
    .map((row) => row.filled_quantity)
  expect(sold).toEqual([3])
  await lookAround(page, "live-run-closed", run)
})
