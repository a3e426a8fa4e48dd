import { expect, type Page } from "@playwright/test"

const CONTROLS = [
  { key: "max_orders", label: "Orders a day", type: "integer", min: 1, max: 50, default: 20 },
  { key: "style", label: "Entry style", type: "select", options: ["passive", "normal"], default: "normal" },
  {
    key: "daily_loss_limit",
    label: "Daily loss",
    type: "number",
    max: 9000,
    unit: "₹",
    requires_reason: true,
  },
]

const ORDER = {
  exchange: "NSE",
  tradingsymbol: "INFY",
  transaction_type: "BUY",
  variety: "regular",
  product: "CNC",
  order_type: "MARKET",
  quantity: 10,
}

/** Place an order of a run as its worker would. */
export async function placeOrder(page: Page, run: string, key: string, terms: object = {}): Promise<void> {
  const placed = await page.request.post(`/api/algo-workers/worker/runs/${run}/intents`, {
    data: {
      intent_type: "place_order",
      payload: { order: { ...ORDER, ...terms } },
      idempotency_key: key,
      metadata: {},
    },
  })
  expect(placed.ok(), await placed.text()).toBe(true)
}

/** Create a run with controls and a position as its owner. */
export async function makeRun(page: Page, name: string): Promise<string> {
  const made = await page.request.post("/api/algo-workers/worker/runs", {
    data: {
      strategy_run_id: name,
      template_id: "controlled",
      account_scope: "kite:paper-a",
      execution_mode: "paper",
      metadata: { strategy_name: "Controlled" },
      risk_schema: CONTROLS,
      runtime_state: { risk: { max_orders: 20, daily_loss_limit: 5000 } },
      summary_fields: [{ key: "capital", label: "Capital", value: 250000, format: "inr" }],
    },
  })
  expect(made.ok(), await made.text()).toBe(true)
  await placeOrder(page, name, "journey-1")
  return `/workers/${name}`
}
