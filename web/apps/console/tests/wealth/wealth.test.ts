import { expect, test } from "vitest"
import { columnsOf, figure } from "@/components/table/columns-of"
import { groupsOf, partsOf } from "@/features/wealth/allocation"
import { bookQuery, type FundHolding, type Share } from "@/lib/queries/wealth"

const share = (symbol: string, sector: string, value: string) => ({ symbol, sector, value }) as Share
const fund = (scheme: string, value: string) => ({ scheme, value }) as FundHolding

test("the allocation has each share by its sector, and all funds together", () => {
  const parts = partsOf(
    [share("TCS", "IT", "300.00"), share("INFY", "IT", "100.00"), share("ODD", "", "50.00")],
    [fund("Alpha", "50.00"), fund("Sold", "0.00")],
  )
  expect(parts.map(({ name }) => name)).toEqual(["TCS", "INFY", "ODD", "Alpha"])
  expect(groupsOf(parts).map(({ name, share: part }) => [name, part])).toEqual([
    ["IT", 80],
    ["Shares of unknown sector", 10],
    ["Mutual funds", 10],
  ])
})

test("an amount that is not known is no zero", () => {
  expect(figure(null)).toBeNull()
  expect(figure("-12.50")).toBe(-12.5)
  const { value } = columnsOf<{ price: string | null }>().amount("price", "Price", (row) => row.price)
  expect(value({ price: null })).toBeNull()
})

test("the book is asked for each second while it is being reckoned", () => {
  const interval = bookQuery.refetchInterval as (query: { state: { data: unknown } }) => number
  expect(interval({ state: { data: { state: "reckoning" } } })).toBe(1_000)
  expect(interval({ state: { data: { state: "old" } } })).toBe(1_000)
  expect(interval({ state: { data: { state: "ready" } } })).toBeGreaterThan(10_000)
})
