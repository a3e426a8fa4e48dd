import { describe, expect, test } from "vitest"
import { modeOfAll, tradedWith } from "@/app/shell/top-bar/mode-words"
import { connectionState, countdown, isOnlySandbox, needingLogin } from "@/lib/brokers/state"
import { madeBroker, madeCredentials, madeSession } from "./made"

const at = (time: string) => new Date(`2026-11-25T${time}+05:30`)
const over = madeSession({ connected: false, expires_at: null, end: "expired" })

describe("the state of a connection", () => {
  test("without keys it is not set up, whatever is said of its session", () => {
    const row = madeBroker({ credentials: madeCredentials({ is_set: false }), session: over })
    expect(connectionState(row, at("05:00:00"))).toBe("not_configured")
  })

  test.each([
    ["05:54:59", "connected"],
    ["05:55:00", "ending"],
    ["05:59:59", "ending"],
    ["06:00:00", "expired"],
  ])("a session until 06:00 is at %s %s", (time, state) => {
    expect(connectionState(madeBroker(), at(time))).toBe(state)
  })

  test("one that the person ended is signed out, not expired", () => {
    const session = madeSession({ connected: false, expires_at: null, end: "disconnected" })
    expect(connectionState(madeBroker({ session }), at("05:00:00"))).toBe("configured")
  })
})

test("expired sessions are announced before those about to end", () => {
  const rows = [madeBroker({ name: "ending" }), madeBroker({ name: "over", session: over })]
  expect(needingLogin(rows, at("05:56:00")).map(({ name }) => name)).toEqual(["over", "ending"])
  expect(needingLogin(rows, at("03:00:00")).map(({ name }) => name)).toEqual(["over"])
})

test("a countdown has seconds below ten minutes and is never negative", () => {
  expect([3_700_000, 700_000, 290_000, 30_000, -5].map(countdown)).toEqual([
    "1 h 1 min",
    "11 min",
    "4 min 50 s",
    "30 s",
    "0 s",
  ])
})

describe("what is traded with", () => {
  const sandbox = madeBroker({ environment: "sandbox" })
  const live = (environment: "sandbox" | "live", runs = 1) => ({
    execution_mode: "live" as const,
    environment,
    runs,
  })

  test("runs say themselves what they move, whoever is signed in now", () => {
    expect(tradedWith([live("sandbox")], 0, false)).toBe("sandbox")
    expect(tradedWith([], 0, false, "sandbox")).toBe("sandbox")
    expect(tradedWith([live("sandbox")], 0, false, "live")).toBe("live")
    expect(tradedWith([live("live")], 0, true)).toBe("live")
    expect(tradedWith([live("sandbox"), live("live")], 0, true)).toBe("live")
    expect(tradedWith([live("sandbox", 0), live("live", 0)], 0, false)).toBe("paper")
  })

  test("live portfolios count as real money unless every account is one of the sandbox", () => {
    expect(tradedWith([], 1, isOnlySandbox([sandbox]))).toBe("sandbox")
    expect(tradedWith([], 1, isOnlySandbox([sandbox, madeBroker({ name: "upstox" })]))).toBe("live")
    expect(tradedWith([], 1, isOnlySandbox([]))).toBe("live")
  })

  test("nothing is called paper before it is known", () => {
    const runs = { modes: [], at_brokers: "none" } as const
    expect(modeOfAll(undefined, undefined, false)).toBe("unknown")
    expect(modeOfAll({ ...runs, modes: [] }, undefined, false)).toBe("unknown")
    expect(modeOfAll({ ...runs, modes: [] }, { live_portfolios: 0 }, false)).toBe("paper")
    expect(modeOfAll(undefined, { live_portfolios: 1 }, false)).toBe("live")
  })
})
