import { expect, test } from "vitest"
import { partsOf } from "@/features/reconciliation/ratio"

test.each([
  [2, 2, 1],
  [10, 10, 1],
  [1.5, 3, 2],
  [0.2, 1, 5],
  [4 / 3, 4, 3],
  [Number.POSITIVE_INFINITY, 1, 1],
])("a ratio of %f is %i for every %i", (ratio, now, old) => {
  expect(partsOf(ratio)).toEqual({ now, old })
})
