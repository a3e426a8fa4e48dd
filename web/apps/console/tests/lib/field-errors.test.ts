import { ApiError } from "@tradertape/api/client.ts"
import { expect, test } from "vitest"
import { fieldErrors } from "@/lib/field-errors"

const refused = (...validationErrors: [pointer: string, message: string][]) =>
  new ApiError(
    422,
    validationErrors[0]?.[1] ?? "",
    "",
    "r1",
    validationErrors.map(([pointer, message]) => ({ pointer, message })),
  )

const PLACES = { "/patch/max_orders": "values.max_orders", "/allowed_ips": "addresses" }

test("each error is mapped to the field of its pointer or of a parent", () => {
  const error = refused(["/patch/max_orders", "must be at most 50"], ["/allowed_ips/1", "is no address"])
  expect(fieldErrors(error, PLACES)).toEqual({
    "values.max_orders": "must be at most 50",
    addresses: "is no address",
  })
})

test("two errors of one field are both shown", () => {
  const error = refused(["/allowed_ips/0", "is no address"], ["/allowed_ips/1", "is empty"])
  expect(fieldErrors(error, PLACES)).toEqual({ addresses: "is no address; is empty" })
})

test("errors without a field, and other failures, are not mapped", () => {
  expect(fieldErrors(refused(["/patch/max_orders_a_day", "is unknown"]), PLACES)).toEqual({})
  expect(fieldErrors(new Error("lost"), PLACES)).toEqual({})
})
