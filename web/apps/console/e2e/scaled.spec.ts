import { type APIRequestContext, expect, type Page, request, test } from "@playwright/test"
import { lookAround, settle } from "./care"
import { signInMail } from "./outbox"
import { shoot } from "./shots"

/** A user of their own: obfuscation concerns everything that a user sees. */
const ADDRESS = `scaled-${Date.now().toString(36)}@example.com`
const NOTE = "Scaled figures, not rupees"
const PAGES = ["/", "/portfolios", "/positions", "/approvals", "/trading?tab=positions", "/journal"]

interface Item {
  id: number
  version: number
  quantity: number
  requires_approval: boolean
  ref_price: number
  idempotency_key: string
  scaled: boolean
}

async function answered(sent: Promise<import("@playwright/test").APIResponse>) {
  const answer = await sent
  expect(answer.ok(), `${answer.url()}: ${await answer.text()}`).toBe(true)
  return answer.status() === 204 ? null : answer.json()
}

/** An agent, as far as the server sees it: what it polls, and what it reports. */
async function agentOf(page: Page, headers: { Origin: string }): Promise<APIRequestContext> {
  const { token } = await answered(page.request.post("/api/auth/agent-keys", { headers, data: {} }))
  return request.newContext({
    baseURL: headers.Origin,
    extraHTTPHeaders: { Authorization: `Bearer ${token}`, "X-Agent-Environment": "sandbox" },
  })
}

/** Deploy a portfolio that an agent executes, scan it, and approve its first signal. */
async function approved(page: Page, headers: { Origin: string }): Promise<number> {
  const post = (path: string, data: object) => answered(page.request.post(`/api/${path}`, { headers, data }))
  const { id: strategy_id } = await post("strategies", { name: "Scaled", base_model: "v1_momentum" })
  const live = { paper_mode: false, confirm_live: true, placed_by: "agent", universe: "nifty_50" }
  const { id } = await post("model/portfolios/deploy", { strategy_id, name: "By my agent", ...live })
  await post("model/scan", { portfolio_id: id })
  const [first] = await answered(page.request.get(`/api/model/signals?portfolio_id=${id}`))
  await post(`model/signals/${first.id}/approve`, {})
  return id
}

async function filled(agent: APIRequestContext): Promise<void> {
  const { items } = await answered(agent.get("/api/agent/pending-signals?v=2"))
  const item = (items as Item[]).find(({ requires_approval }) => !requires_approval)
  expect(item?.scaled).toBe(true)
  const report = {
    signal_id: item?.id,
    version: item?.version,
    idempotency_key: item?.idempotency_key,
    outcome: "filled",
    broker: "kite",
    order_id: "0123456789abcdef",
    filled_quantity: item?.quantity,
    average_price: item?.ref_price,
    occurred_at: new Date().toISOString(),
    scaled: true,
    factor_id: "f1",
  }
  await answered(agent.post("/api/agent/signal-result", { data: report }))
}

test("D10: what an agent trades in scaled units has a note and no rupee sign, and leaving it ends that", async ({
  page,
  baseURL,
}) => {
  const headers = { Origin: baseURL ?? "" }
  await answered(page.request.post("/api/auth/magic-link", { headers, data: { email: ADDRESS } }))
  const { path } = await signInMail(ADDRESS)
  await page.goto(path)
  await page.getByRole("button", { name: "Sign in to TraderTape" }).click()
  await expect(page.getByText("Getting started")).toBeVisible()
  await answered(page.request.put("/api/agents/obfuscation", { headers, data: { enabled: true } }))
  const portfolio = await approved(page, headers)
  await filled(await agentOf(page, headers))
  const main = page.getByRole("main")
  for (const path of [...PAGES, `/portfolios/${portfolio}`]) {
    await settle(page, path)
    await expect(main, path).toContainText(NOTE)
    // Prices of a signal's rules are real.
    if (path !== "/approvals") await expect(main, path).not.toContainText("₹")
  }
  await shoot(page, "scaled-portfolio")
  await lookAround(page, "scaled", `/portfolios/${portfolio}`)
  // From a scaled page to another one without a reload: its amounts are rupees again.
  await page.setViewportSize({ width: 1440, height: 900 })
  await settle(page, `/portfolios/${portfolio}`)
  await page.getByRole("link", { name: "Strategies", exact: true }).click()
  await page.getByText("Templates", { exact: true }).click()
  await page.getByRole("button", { name: "Paper-trade Momentum" }).click()
  const dialog = page.getByRole("dialog", { name: "Paper-trade this strategy" })
  await expect(dialog.getByRole("button", { name: /^Deploy with ₹/ })).toBeVisible()
})
