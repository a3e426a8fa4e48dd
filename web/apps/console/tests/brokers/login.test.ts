import { expect, test } from "vitest"
import { isWebAddress } from "@/lib/brokers/attempt"
import { loginChecksum, timedChecksum } from "@/lib/brokers/checksum"
import { loginAddress, neededFor, proofOf, sandboxBroker } from "@/lib/brokers/login"
import type { Proof } from "@/lib/queries/brokers"
import { madeBroker, madeCredentials } from "./made"

const now = new Date("2026-11-24T10:00:00.900Z")
const withProofs = (proofs: Proof[]) => madeBroker({ login: { ...madeBroker().login, proofs } })
const given = { state: "s", code: "c", secret: "s3cret" }

test("where the broker takes a checksum the secret does not leave the browser", async () => {
  const proof = await proofOf(withProofs(["checksum", "secret"]), given, now)
  expect(proof).toEqual({ state: "s", code: "c", checksum: await loginChecksum("key", "c", "s3cret") })
  expect(JSON.stringify(proof)).not.toContain("s3cret")
})

test("where the broker takes the secret alone it is sent once", async () => {
  expect(await proofOf(withProofs(["secret"]), given, now)).toEqual({
    state: "s",
    code: "c",
    api_secret: "s3cret",
  })
})

test("a timed checksum carries whole seconds, and a code goes before it", async () => {
  const row = withProofs(["totp", "timed_checksum"])
  expect(await proofOf(row, { state: "s", secret: "s3cret" }, now)).toEqual({
    state: "s",
    checksum: await timedChecksum("s3cret", 1_795_514_400),
    timestamp: 1_795_514_400,
  })
  expect(await proofOf(row, { state: "s", secret: "s3cret", totp: "123456" }, now)).toEqual({
    state: "s",
    totp: "123456",
  })
})

test("without a secret here the server uses the one it has", async () => {
  const row = madeBroker({ credentials: madeCredentials({ has_secret: true }) })
  expect(neededFor(row, false)).toBeNull()
  expect(await proofOf(row, { state: "s", code: "c" }, now)).toEqual({ state: "s", code: "c" })
  expect(neededFor(madeBroker(), false)).toBe("secret")
  expect(neededFor(madeBroker(), true)).toBeNull()
  expect(neededFor(withProofs(["totp"]), false)).toBe("totp")
})

test("only web addresses are opened for a login", () => {
  expect(["https://kite.zerodha.com/connect", "http://127.0.0.1:9000/kite"].every(isWebAddress)).toBe(true)
  expect(["javascript:alert(1)", "data:text/html,x", "/relative", ""].some(isWebAddress)).toBe(false)
})

test("the sandbox's login page presses its own button, a real one never", () => {
  const address = "http://127.0.0.1:9/kite/connect/login?api_key=a&redirect_params=state%3Dx"
  expect(loginAddress(address, { environment: "sandbox" })).toBe(`${address}&auto=1`)
  expect(loginAddress(address, { environment: "live" })).toBe(address)
})

test("the sandbox takes the interface of a broker that has no real account here", () => {
  const real = madeBroker()
  const upstox = madeBroker({ name: "upstox", credentials: madeCredentials({ is_set: false }) })
  expect(sandboxBroker([real, upstox])?.name).toBe("upstox")
  expect(sandboxBroker([real])).toBeUndefined()
  expect(sandboxBroker([madeBroker({ environment: "sandbox" }), upstox])?.name).toBe("kite")
})
