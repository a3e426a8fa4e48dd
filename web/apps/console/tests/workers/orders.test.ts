import { MantineProvider } from "@mantine/core"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { createElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"
import { describe, expect, test, vi } from "vitest"
import { settleWords } from "@/components/orders/settle-order"
import { orderColumns, phoneColumns } from "@/features/workers/run/order-columns"
import { orderState } from "@/features/workers/words"
import type { RunOrder } from "@/lib/queries/workers"

const order = (status: string) =>
  ({ order_id: status, status, quantity: 10, pending_quantity: 10, filled_quantity: 0 }) as RunOrder

const actions = { account: "kite:SB0001", onCancel: vi.fn(), cancelled: undefined }

describe("the action of an order", () => {
  test.each([orderColumns, phoneColumns])("is pinned to the end of the row", (columnsOf) => {
    const columns = columnsOf([order("COMPLETE"), order("OPEN")], actions)
    expect(columns.at(-1)?.id).toBe("action")
    expect(columns.at(-1)?.isPinned).toBe(true)
    expect(columns.filter(({ isPinned }) => isPinned)).toHaveLength(1)
  })

  test.each([orderColumns, phoneColumns])(
    "is absent for orders that have ended or are being cancelled",
    (columnsOf) => {
      const settled = ["COMPLETE", "REJECTED", "CANCELLED", "CANCELLED AMO", "CANCEL PENDING"].map(order)
      const columns = columnsOf(settled, actions)
      expect(columns.some(({ id }) => id === "action")).toBe(false)
    },
  )

  test.each([orderColumns, phoneColumns])("settles an order in doubt, and no other", (columnsOf) => {
    const doubted = order("IN_DOUBT")
    const shown = (one: RunOrder) => {
      const cell = columnsOf([doubted, one], actions).at(-1)?.cell?.(one)
      return renderToStaticMarkup(
        createElement(
          QueryClientProvider,
          { client: new QueryClient() },
          createElement(MantineProvider, null, cell),
        ),
      )
    }
    expect(shown(doubted)).toContain("Settle the order on")
    expect(shown(doubted)).not.toContain("Cancel remaining")
    for (const status of ["OPEN", "COMPLETE", "CANCEL PENDING", "REJECTED"])
      expect(shown(order(status))).not.toContain("Settle")
  })

  test("says what settling does before it is done", () => {
    expect(settleWords("kite:SB0001")).toMatch(/orders of kite:SB0001 in the broker's own app first/)
    expect(settleWords("kite:SB0001")).toMatch(/nothing is sent to the broker/)
  })
})

test.each([
  ["AMO REQ RECEIVED", "Pending market open"],
  ["TRIGGER PENDING", "Trigger pending"],
  ["CANCELLED AMO", "Cancelled"],
  ["COMPLETE", "Complete"],
  ["IN_DOUBT", "In doubt"],
  ["PUT ORDER REQ RECEIVED", "Sent"],
])("an order that is %s reads %s", (status, text) => expect(orderState(status)).toBe(text))

test("a dry run's order is not shown as executed", () => {
  expect(orderState("COMPLETE", true)).toBe("Recorded, not sent")
  expect(orderState("COMPLETE", false)).toBe("Complete")
})
