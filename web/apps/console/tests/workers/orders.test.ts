import { describe, expect, test, vi } from "vitest"
import { orderColumns, phoneColumns } from "@/features/workers/run/order-columns"
import { orderState } from "@/features/workers/words"
import type { RunOrder } from "@/lib/queries/workers"

const order = (status: string) =>
  ({ order_id: status, status, quantity: 10, pending_quantity: 10, filled_quantity: 0 }) as RunOrder

const cancelling = { onCancel: vi.fn(), cancelled: undefined }

describe("the cancel action of an order", () => {
  test.each([orderColumns, phoneColumns])("is pinned to the end of the row", (columnsOf) => {
    const columns = columnsOf([order("COMPLETE"), order("OPEN")], cancelling)
    expect(columns.at(-1)?.id).toBe("cancel")
    expect(columns.at(-1)?.isPinned).toBe(true)
    expect(columns.filter(({ isPinned }) => isPinned)).toHaveLength(1)
  })

  test.each([orderColumns, phoneColumns])("is absent for orders that cannot be cancelled", (columnsOf) => {
    const settled = ["COMPLETE", "REJECTED", "CANCELLED", "CANCELLED AMO", "CANCEL PENDING"].map(order)
    const columns = columnsOf(settled, cancelling)
    expect(columns.some(({ id }) => id === "cancel")).toBe(false)
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
