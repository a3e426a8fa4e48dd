import { expect, test } from "vitest"
import { exitLabel } from "@/features/backtests/result/trades/trade-columns"

test("the exit reason of a trade reads as words, not as a code", () => {
  expect(exitLabel({ exit_reason: "exit_rule", exit_rule: "back_at_average" })).toBe("Back at average")
  expect(exitLabel({ exit_reason: "exit_rule", exit_rule: "RSI above 70" })).toBe("RSI above 70")
  expect(exitLabel({ exit_reason: "stop_gap", exit_rule: null })).toBe("Stop gap")
})
