import { expect, test } from "vitest"
import { safeNext } from "@/features/auth/use-signed-in"

test.each([
  ["/backtests/bt_1?tab=trades", "/backtests/bt_1?tab=trades"],
  ["https://evil.example", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["/sign-in?next=/", "/"],
  [undefined, "/"],
])("after signing in, %s leads to %s", (next, target) => expect(safeNext(next)).toBe(target))
