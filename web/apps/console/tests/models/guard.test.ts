import { expect, test } from "vitest"
import { guardName, guardText, isGuardOdd } from "@/components/models/guard"

type Row = Parameters<typeof guardText>[0]

const held: Row = {
  symbol: "INFY",
  guarded_by: "broker",
  standing_problem: null,
  exit_gtt_id: 41,
  open_quantity: 10,
  stop_price: 1400,
  target_price: 1700.5,
}

test("the broker's trigger is named, and nothing is odd about it", () => {
  expect(guardName(held)).toBe("Broker, GTT 41")
  expect(guardText(held)).toBe(
    "Your broker holds stop 1,400.00 and target 1,700.50 as GTT 41, also while this server is down.",
  )
  expect(isGuardOdd(held)).toBe(false)
})

test("a stop that should wait at the broker and does not is shown with its reason", () => {
  const row: Row = {
    ...held,
    guarded_by: "server",
    exit_gtt_id: null,
    standing_problem: "The broker has 250 triggers of yours, its most.",
  }
  expect(isGuardOdd(row)).toBe(true)
  expect(guardText(row)).toContain("while it runs. None waits at the broker: The broker has 250")
})

test("a position of daily candles is guarded by them", () => {
  const row: Row = { ...held, guarded_by: "candles", exit_gtt_id: null, target_price: null }
  expect([guardName(row), isGuardOdd(row)]).toEqual(["Daily candle", false])
  expect(guardText(row)).toBe("Each day's candle is compared with stop 1,400.00, at the daily scan.")
})

test("a sale of one's own takes the place of stop and target", () => {
  const row: Row = { ...held, guarded_by: null, exit_gtt_id: 52 }
  expect([guardName(row), isGuardOdd(row)]).toEqual(["Your sale, GTT 52", false])
  expect(guardText(row)).toContain("takes the place of stop and target")
})

test("what nobody guards is odd while shares are held, and no longer", () => {
  const row: Row = { ...held, guarded_by: null, exit_gtt_id: null }
  expect([guardName(row), isGuardOdd(row)]).toEqual(["Nobody", true])
  expect(guardText(row)).toContain("Nothing sells INFY at stop 1,400.00")
  const bare = { ...row, stop_price: null, target_price: null }
  expect([guardName(bare), isGuardOdd(bare)]).toEqual(["Exit rules", false])
  expect(guardText(bare)).toContain("neither a stop nor a target")
  expect([guardText({ ...row, open_quantity: 0 }), isGuardOdd({ ...row, open_quantity: 0 })]).toEqual([
    "",
    false,
  ])
})
