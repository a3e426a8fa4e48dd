import { createHash } from "node:crypto"
import { expect, type Page } from "@playwright/test"

const KEY = "own-app"
const SECRET = "secret-of-own-app"

/** A second program of the person's account at the built-in sandbox, as the broker's own app is one. */
export interface OwnApp {
  get: <Row>(path: string) => Promise<Row[]>
  place: (terms: Record<string, string>) => Promise<string>
}

/** Register the program at the sandbox, and log in with it: the session of the server stays open. */
export async function ownApp(page: Page): Promise<OwnApp> {
  const { url, account } = (await (await page.request.get("/api/brokers/sandbox")).json()) as {
    url: string
    account: string
  }
  const app = { user_id: account, secret: SECRET, redirect_url: `${url}/back` }
  expect((await page.request.put(`${url}/admin/apps/kite/${KEY}`, { data: app })).ok()).toBe(true)
  const login = await page.request.get(`${url}/kite/connect/login`, {
    params: { api_key: KEY, v: "3", auto: "1" },
    maxRedirects: 0,
  })
  const token = new URL(login.headers().location ?? "").searchParams.get("request_token") ?? ""
  const checksum = createHash("sha256").update(`${KEY}${token}${SECRET}`).digest("hex")
  const opened = await page.request.post(`${url}/session/token`, {
    form: { api_key: KEY, request_token: token, checksum },
  })
  const { data } = (await opened.json()) as { data: { access_token: string } }
  const headers = { Authorization: `token ${KEY}:${data.access_token}` }
  return {
    get: async <Row>(path: string) =>
      ((await (await page.request.get(`${url}${path}`, { headers })).json()) as { data: Row[] }).data,
    place: async (terms) => {
      const placed = await page.request.post(`${url}/orders/regular`, { headers, form: terms })
      expect(placed.ok(), await placed.text()).toBe(true)
      return ((await placed.json()) as { data: { order_id: string } }).data.order_id
    },
  }
}
