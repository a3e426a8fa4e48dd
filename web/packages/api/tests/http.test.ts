import { afterEach, expect, test, vi } from "vitest"
import { ApiError, refusal, request, requestPage } from "../src/http.ts"

afterEach(() => vi.unstubAllGlobals())

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers })
}

test("a refusal carries the sentence, the code and the request id", async () => {
  const headers = { "X-Error-Code": "conflict", "X-Request-Id": "7f3a" }
  const error = await refusal(answer(409, { detail: "Saved by somebody else." }, headers))
  expect(error).toMatchObject({
    status: 409,
    message: "Saved by somebody else.",
    code: "conflict",
    requestId: "7f3a",
  })
})

test("a list of mistakes keeps each one's place", async () => {
  const detail = [
    { type: "invalid_document", loc: ["body", "stops"], msg: "too tight", pointer: "/stops/stop_loss_pct" },
    { type: "missing", loc: ["body", "end_date"], msg: "Field required" },
  ]
  const error = await refusal(answer(422, { detail }))
  expect(error.complaints).toEqual([
    { pointer: "/stops/stop_loss_pct", message: "too tight" },
    { pointer: "/end_date", message: "Field required" },
  ])
  expect(error.message).toBe("too tight")
})

test("an answer that is no JSON still says its status", async () => {
  const error = await refusal(new Response("<html>bad gateway", { status: 502 }))
  expect(error.message).toContain("502")
})

test("a server out of reach is told as that, with status 0", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")))
  const failure = await request("GET", "/x").catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiError)
  expect(failure).toMatchObject({ status: 0, code: "unreachable" })
})

test("query values that are not given are left out, and the whole length comes from the header", async () => {
  const asked: string[] = []
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url)
    return Promise.resolve(answer(200, [1, 2], { "X-Total-Count": "41" }))
  })
  const page = await requestPage<number>("/runs", { query: { limit: 2, tag: undefined, q: "" } })
  expect(asked).toEqual(["/api/runs?limit=2"])
  expect(page).toEqual({ items: [1, 2], total: 41 })
})
