import { expect, test } from "vitest"
import { once } from "../src/once.ts"

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
