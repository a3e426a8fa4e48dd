import { beforeEach, expect, test, vi } from "vitest"
import { fetchSandboxSecret } from "@/lib/brokers/login"
import { forgetSecret, forgetSecretsOnSignOut, keepSecret, keptSecret } from "@/lib/brokers/secrets"
import { brokerCalls } from "@/lib/queries/brokers"
import { madeBroker, madeCredentials } from "./made"

const NAME = "tradertape.broker-secret"

/** `Object.keys` gives the names that are kept, as for a browser's storage. */
function storage(limit = Number.POSITIVE_INFINITY): Storage {
  const store = Object.create({
    getItem: (name: string) => store[name] ?? null,
    setItem: (name: string, value: string) => {
      if (value.length > limit) throw new DOMException("full", "QuotaExceededError")
      store[name] = value
    },
    removeItem: (name: string) => delete store[name],
  })
  return store
}

beforeEach(() => vi.stubGlobal("localStorage", storage()))

const kept = (untilSignOut = false) => ({ apiKey: "gateway-key", secret: "s3cret", untilSignOut })

test("a secret is found again for the same person, broker and key only", () => {
  keepSecret(1, "kite", kept())
  expect(keptSecret(1, "kite", "gateway-key")?.secret).toBe("s3cret")
  expect(keptSecret(2, "kite", "gateway-key")).toBeUndefined()
  expect(keptSecret(1, "upstox", "gateway-key")).toBeUndefined()
  expect(keptSecret(1, "kite", "another-key")).toBeUndefined()
  expect(keptSecret(1, "kite", null)).toBeUndefined()
})

test("a key that the server shows by its end only is recognised", () => {
  keepSecret(1, "groww", kept())
  expect(keptSecret(1, "groww", "…-key")?.secret).toBe("s3cret")
  expect(keptSecret(1, "groww", "…keys")).toBeUndefined()
})

test("signing out forgets what was kept until then, and nothing of others", () => {
  keepSecret(1, "kite", kept(true))
  keepSecret(1, "upstox", kept(false))
  keepSecret(11, "kite", kept(true))
  localStorage.setItem(`${NAME}.1.groww`, "{broken")
  forgetSecretsOnSignOut(1)
  expect(Object.keys(localStorage).sort()).toEqual([`${NAME}.1.upstox`, `${NAME}.11.kite`])
})

test("broken or foreign content is no secret, and deleting is possible", () => {
  localStorage.setItem(`${NAME}.1.kite`, '{"apiKey":"k"}')
  expect(keptSecret(1, "kite", "k")).toBeUndefined()
  keepSecret(1, "kite", kept())
  forgetSecret(1, "kite")
  expect(keptSecret(1, "kite", "gateway-key")).toBeUndefined()
})

test("a browser that keeps nothing is reported instead of raising", () => {
  vi.stubGlobal("localStorage", storage(5))
  expect(keepSecret(1, "kite", kept())).toBe(false)
})

test.each([
  ["sandbox-7", true],
  ["…ox-7", true],
  ["sandbox", false],
  [null, false],
])("the sandbox's secret is kept for keys shown as %s: %s", async (shown, isTheirs) => {
  const found = { api_key: "sandbox-7", api_secret: "of-7" }
  vi.spyOn(brokerCalls, "startSandbox").mockResolvedValue(found as never)
  const row = madeBroker({ name: "groww", credentials: madeCredentials({ api_key: shown }) })
  await fetchSandboxSecret(row, 7)
  expect(keptSecret(7, "groww", "sandbox-7")?.secret).toBe(isTheirs ? "of-7" : undefined)
})

test("without the sandbox nothing is kept, and the login goes on", async () => {
  vi.spyOn(brokerCalls, "startSandbox").mockRejectedValue(new Error("not available"))
  await fetchSandboxSecret(madeBroker(), 7)
  expect(keptSecret(7, "kite", "key")).toBeUndefined()
})
