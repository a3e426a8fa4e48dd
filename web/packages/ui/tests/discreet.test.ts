import { afterEach, describe, expect, it } from "vitest"
import { isHidden, MASK, setDiscreet, setPeeking } from "../src/discreet.ts"
import {
  bareMoney,
  discreet,
  exact,
  money,
  moneyShort,
  number,
  percent,
  price,
  quantity,
  signedMoney,
  signedQuantity,
  unitPrice,
  unitsShort,
} from "../src/format.ts"

afterEach(() => {
  setPeeking(false)
  setDiscreet(false)
})

describe("discreet mode", () => {
  it.each([
    ["money", () => money(104_321.5), "₹1,04,321.50"],
    ["money below zero", () => money(-12, 0), "−₹12"],
    ["signedMoney", () => signedMoney(1_200), "+₹1,200"],
    ["moneyShort", () => moneyShort(12_40_000), "₹12.40 L"],
    ["bareMoney", () => bareMoney("1520.5", 2), "1,520.50"],
    ["quantity", () => quantity(90_000), "90,000"],
    ["quantity of a fund", () => quantity("12.345", 3), "12.345"],
    ["signedQuantity", () => signedQuantity(5), "+5"],
    ["nothing of it", () => money(0, 0), "₹0"],
  ])("D10: hides %s, and shows it again", (_, write, shown) => {
    expect(write()).toBe(shown)
    setDiscreet(true)
    expect(write()).toBe(MASK)
    setDiscreet(false)
    expect(write()).toBe(shown)
  })

  it("D10: keeps percentages, prices, counts and the market's units", () => {
    setDiscreet(true)
    expect([percent(12.5), price(1_450.5), number(12), unitsShort(17_04_000)]).toEqual([
      "12.5%",
      "1,450.50",
      "12",
      "17.04 L",
    ])
  })

  it("D10: writes a price without the sign of the rupee, which is before amounts alone", () => {
    expect(unitPrice(89.45)).toBe("₹89.45")
    setDiscreet(true)
    expect(unitPrice(89.45)).toBe("89.45")
  })

  it("D10: shows a missing figure as missing", () => {
    setDiscreet(true)
    expect([money(null), quantity(undefined), moneyShort("")]).toEqual(["–", "–", "–"])
  })

  it("D10: never hides what is about to be sent", () => {
    setDiscreet(true)
    expect([exact.money(64_300, 0), exact.quantity(10), exact.moneyShort(5_00_000)]).toEqual([
      "₹64,300",
      "10",
      "₹5.00 L",
    ])
  })

  it("D10: shows amounts while somebody looks, and only then", () => {
    setPeeking(true)
    expect(isHidden()).toBe(false)
    setDiscreet(true)
    expect(isHidden()).toBe(true)
    setPeeking(true)
    expect(money(5, 0)).toBe("₹5")
    setPeeking(false)
    expect(money(5, 0)).toBe(MASK)
  })

  it("D10: forgets the look when it is turned off", () => {
    setDiscreet(true)
    setPeeking(true)
    setDiscreet(false)
    setDiscreet(true)
    expect(isHidden()).toBe(true)
  })
})

describe("a sentence with figures in it", () => {
  it.each([
    ["Bought 10 NSE:INFY at 1,450.50", `Bought ${MASK} NSE:INFY at ${MASK}`],
    ["The order is worth ₹1,04,321.50.", `The order is worth ${MASK}.`],
    ["Needs Rs. 5000, has INR 12.4 L", `Needs ${MASK}, has ${MASK}`],
    ["a loss of −₹4,000 or -250", `a loss of ${MASK} or ${MASK}`],
    ["quantity:75 of 150", `quantity:${MASK} of ${MASK}`],
    ["filled 5/10", `filled ${MASK}/${MASK}`],
    ["within 3% and 12.5 % of it, 1,200.50% at most", "within 3% and 12.5 % of it, 1,200.50% at most"],
    ["on 20 Nov 2026, 15:30 IST", "on 20 Nov 2026, 15:30 IST"],
    ["since 2026-11-20T09:15:00", "since 2026-11-20T09:15:00"],
    ["NIFTY24NOV24500CE and BSE:500325", "NIFTY24NOV24500CE and BSE:500325"],
    ["1.5R after the stop", "1.5R after the stop"],
    ["₹12.40 L", MASK],
  ])("D10: %s", (text, hidden) => {
    expect(discreet(text)).toBe(text)
    setDiscreet(true)
    expect(discreet(text)).toBe(hidden)
  })

  it("D10: leaves nothing as it is", () => {
    setDiscreet(true)
    expect([discreet(null), discreet(undefined), discreet("")]).toEqual([null, undefined, ""])
  })
})
