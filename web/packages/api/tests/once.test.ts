import { expect, test, vi } from "vitest"
import { once, reloaded } from "../src/once.ts"

test("a write that failed is repeated under its key, and a new one has another", async () => {
  const keys: string[] = []
  const failing = (headers: { "Idempotency-Key": string }) => {
    keys.push(headers["Idempotency-Key"])
    return Promise.reject(new Error("503"))
  }
  const working = (headers: { "Idempotency-Key": string }) => {
    keys.push(headers["Idempotency-Key"])
    return Promise.resolve("made")
  }
  await expect(once({ create: 1 }, failing)).rejects.toThrow("503")
  await expect(once({ create: 2 }, failing)).rejects.toThrow("503")
  expect(await once({ create: 1 }, working)).toBe("made")
  expect(await once({ create: 1 }, working)).toBe("made")
  expect(keys[2]).toBe(keys[0])
  expect(new Set(keys).size).toBe(3)
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
})

test("a write that was under way at a reload of the page is the same for two minutes", async () => {
  const stored = new Map<string, string>()
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => stored.set(name, value),
  })
  vi.useFakeTimers()
  const keys: string[] = []
  const unanswered = (headers: { "Idempotency-Key": string }) => {
    keys.push(headers["Idempotency-Key"])
    return new Promise<string>(() => undefined)
  }
  const order = { place: "BUY 2 ITC" }
  void once(order, unanswered)
  reloaded()
  void once(order, unanswered)
  expect(keys[1]).toBe(keys[0])
  vi.advanceTimersByTime(121_000)
  reloaded()
  void once(order, unanswered)
  expect(keys[2]).not.toBe(keys[0])
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
