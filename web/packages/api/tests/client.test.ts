import { afterEach, expect, test, vi } from "vitest"
import { ApiError, failureOf, unwrap, unwrapPage } from "../src/client.ts"
import { client } from "../src/generated/client.gen.ts"
import { listRuns, me } from "../src/generated/sdk.gen.ts"

client.setConfig({ baseUrl: "http://here.test" })
afterEach(() => vi.unstubAllGlobals())

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  })
}

test("a refusal carries the sentence, the code and the request id", async () => {
  const headers = { "X-Error-Code": "conflict", "X-Request-Id": "7f3a" }
  vi.stubGlobal("fetch", () => Promise.resolve(answer(409, { detail: "Saved by somebody else." }, headers)))
  const failure = await unwrap(me()).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiError)
  expect(failure).toMatchObject({
    status: 409,
    message: "Saved by somebody else.",
    code: "conflict",
    requestId: "7f3a",
  })
})

test("validation errors keep their locations", () => {
  const detail = [
    { type: "invalid_document", loc: ["body", "stops"], msg: "too tight", pointer: "/stops/stop_loss_pct" },
    { type: "missing", loc: ["body", "end_date"], msg: "Field required" },
  ]
  expect(failureOf({ detail }, answer(422, {}))).toMatchObject({
    message: "too tight",
    validationErrors: [
      { pointer: "/stops/stop_loss_pct", message: "too tight" },
      { pointer: "/end_date", message: "Field required" },
    ],
  })
})

test("a response that is not JSON still reports its status", () => {
  expect(failureOf("<html>bad gateway", answer(502, null))).toMatchObject({
    message: "The server returned status 502",
  })
})

test("an unreachable server is reported with status 0", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")))
  const failure = await unwrap(me()).catch((error: unknown) => error)
  expect(failure).toMatchObject({ status: 0, code: "unreachable" })
})

test("an aborted call stays an AbortError", () => {
  const aborted = new DOMException("gone", "AbortError")
  expect(failureOf(aborted, undefined)).toBe(aborted)
})

test("undefined query values are omitted, and the total count comes from the header", async () => {
  const asked: string[] = []
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request.url)
    return Promise.resolve(answer(200, [{ run_id: "bt_1" }], { "X-Total-Count": "41" }))
  })
  const page = await unwrapPage(listRuns({ query: { limit: 2, tag: undefined } }))
  expect(asked).toEqual(["http://here.test/api/backtest/runs?limit=2"])
  expect(page.total).toBe(41)
  expect(page.items).toHaveLength(1)
})
