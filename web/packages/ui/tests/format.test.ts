import { describe, expect, test } from "vitest"
import {
  accountName,
  age,
  count,
  date,
  discreet,
  duration,
  folioName,
  instant,
  money,
  moneyShort,
  number,
  percent,
  plain,
  sentence,
  signed,
  signedMoney,
  signedPercent,
  words,
} from "../src/format.ts"
import { inRupees, setScaled } from "../src/scaled.ts"

test.each([
  [90_000, "90,000"],
  [0.5, "0.5"],
  [-1.25, "−1.25"],
  [null, "–"],
])("%s has the decimals it has: %s", (value, text) => expect(plain(value)).toBe(text))

describe("money", () => {
  test.each([
    [104321.5, "₹1,04,321.50"],
    [-104321.5, "−₹1,04,321.50"],
    ["999", "₹999.00"],
    [12345678, "₹1,23,45,678.00"],
    [0, "₹0.00"],
    [-0.001, "₹0.00"],
    [null, "–"],
    ["", "–"],
    [Number.NaN, "–"],
  ])("%s reads %s", (value, text) => expect(money(value)).toBe(text))

  test.each([
    [9500, "₹9,500"],
    [99_999, "₹99,999"],
    [100_000, "₹1.00 L"],
    [1_240_000, "₹12.40 L"],
    [30_500_000, "₹3.05 Cr"],
    [-250_000, "−₹2.50 L"],
  ])("%s in short is %s", (value, text) => expect(moneyShort(value)).toBe(text))

  test("a signed amount carries its plus before the rupee sign", () => {
    expect(signedMoney(5646)).toBe("+₹5,646")
    expect(signedMoney(-5646)).toBe("−₹5,646")
    expect(signedMoney(0)).toBe("₹0")
  })
})

describe("numbers", () => {
  test("digits group by lakh and crore", () => expect(number(356980)).toBe("3,56,980"))
  test("percentages come in percent units", () => expect(percent(12.54)).toBe("12.5%"))
  test("what rounds to zero has no sign", () => {
    expect(signed(0.001)).toBe("0.00")
    expect(signedPercent(-0.04)).toBe("0.0%")
  })
  test("a real minus, not a hyphen", () => expect(signedPercent(-32.5)).toBe("−32.5%"))
  test("one and many", () => {
    expect(count(1, "trade")).toBe("1 trade")
    expect(count(1200, "trade")).toBe("1,200 trades")
    expect(count(2, "company", "companies")).toBe("2 companies")
  })
})

describe("time", () => {
  test("a trading date is not shifted by any time zone", () => expect(date("2026-09-01")).toBe("1 Sep 2026"))
  test("an instant is read in India", () =>
    expect(instant("2026-11-20T10:00:00Z")).toBe("20 Nov 2026, 15:30 IST"))
  test("an instant late in the day is the next day in India", () =>
    expect(instant("2026-11-20T19:00:00Z")).toBe("21 Nov 2026, 00:30 IST"))

  const now = new Date("2026-11-20T10:00:00Z")
  test.each([
    ["2026-11-20T09:59:30Z", "just now"],
    ["2026-11-20T09:56:00Z", "4 min ago"],
    ["2026-11-20T07:00:00Z", "3 h ago"],
    ["2026-11-17T10:00:00Z", "3 d ago"],
    ["2026-08-20T10:00:00Z", "3 mo ago"],
    ["2023-11-20T10:00:00Z", "3 y ago"],
    [null, "–"],
  ])("%s is %s", (value, text) => expect(age(value, now)).toBe(text))

  test.each([
    [640, "0.6 s"],
    [12_300, "12 s"],
    [75_000, "1 min 15 s"],
  ])("%s ms last %s", (value, text) => expect(duration(value)).toBe(text))
})

test("codes become words", () => {
  expect(words("stop_gap")).toBe("Stop gap")
  expect(words("MAX_POSITIONS")).toBe("Max positions")
  expect(words("")).toBe("–")
})

test("UP-04: a hash in place of a client id reads as an account", () => {
  expect(accountName("0123456789abcdef")).toBe("account 0123")
  expect(folioName("0123456789abcdef")).toBe("folio 0123")
  expect(folioName("1234567 / 0")).toBe("1234567 / 0")
  expect(accountName("Kite 0123456789abcdef EQ")).toBe("Kite account 0123 EQ")
  for (const name of ["AB1234", "", "0123456789abcde", "0123456789abcdef0", "DEADBEEFDEADBEEF"])
    expect(accountName(name)).toBe(name)
})

test("D10: scaled amounts have no sign of the rupee, and keep their digits", () => {
  setScaled(true)
  try {
    expect([money(137), money(-5), signedMoney(5), moneyShort(250_000)]).toEqual([
      "137.00",
      "−5.00",
      "+5",
      "2.50 L",
    ])
    expect(discreet("Needs ₹1,000 of ₹5,000")).toBe("Needs 1,000 of 5,000")
    expect([inRupees("Value (₹)"), inRupees("Qty")]).toEqual(["Value", "Qty"])
  } finally {
    setScaled(false)
  }
  expect(money(137)).toBe("₹137.00")
  expect(inRupees("Value (₹)")).toBe("Value (₹)")
})

test("a sentence begins with a capital, an address as it is", () => {
  expect(sentence("the stop")).toBe("The stop")
  expect(sentence("http://localhost:8718 cannot be reached")).toBe("http://localhost:8718 cannot be reached")
})
