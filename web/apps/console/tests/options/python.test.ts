import type { OptionSession, PreviewLeg } from "@tradertape/api/generated/types.gen.ts"
import { expect, test } from "vitest"
import { expiryWord, moneyness, pythonOf } from "@/features/options/builder/python"

const SESSION = {
  underlying: "NIFTY",
  atm_strike: 23_650,
  strike_step: 50,
  nearest_expiry: "2026-11-23",
  expiry_words: { nearest: "2026-11-23", current_week: "2026-11-23", next_week: "2026-12-01" },
} as unknown as OptionSession

function leg(strike: number, side: "BUY" | "SELL", expiry = "2026-11-23", lots = 1): PreviewLeg {
  return { strike, option_type: "CE", transaction_type: side, expiry_key: expiry, lots } as PreviewLeg
}

function written(...legs: PreviewLeg[]): string {
  return pythonOf({ session: SESSION, legs, product: "NRML", name: "my_spread", origin: "http://host:1" })
}

test("strikes are relative to the money, so that the script stays valid tomorrow", () => {
  expect(moneyness(leg(23_650, "BUY"), SESSION)).toBe("ATM")
  expect(moneyness(leg(23_750, "BUY"), SESSION)).toBe("+2_strike")
  expect(moneyness(leg(23_600, "BUY"), SESSION)).toBe("-1_strike")
  expect(moneyness(leg(23_625, "BUY"), SESSION)).toBe("")
})

test("an expiry is written as its relative name where it has one", () => {
  expect(expiryWord(SESSION, "2026-12-01")).toBe("next_week")
  expect(expiryWord(SESSION, "2027-01-26")).toBe("2027-01-26")
})

test("the script resolves the spread and creates a run", () => {
  const code = written(leg(23_650, "BUY"), leg(23_750, "SELL", "2026-11-23", 2))
  expect(code).toContain('base_url="http://host:1"')
  expect(code).toContain('expiry="current_week"')
  expect(code).toContain(
    'SpreadLegSelection(selection={"option_type": "CE", "moneyness": "ATM"}, transaction_type="BUY", lots=1)',
  )
  expect(code).toContain('"moneyness": "+2_strike"}, transaction_type="SELL", lots=2)')
  expect(code).toContain("client.options.create_run(")
  expect(code).not.toContain("undefined")
})

test("a calendar spread gives the later leg its own expiry", () => {
  const code = written(leg(23_650, "SELL"), leg(23_650, "BUY", "2026-12-01"))
  expect(code.match(/"expiry": "next_week"/g)).toHaveLength(1)
})

test("a strike off the grid is written as its number", () => {
  expect(written(leg(23_625, "BUY"))).toContain('{"option_type": "CE", "strike": 23625}')
})
