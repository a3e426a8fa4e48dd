import { expect, test } from "vitest"
import { indicatorName, scorePartName } from "@/lib/indicator-names"

test.each([
  ["sma200", "200-day average"],
  ["ema9", "9-day exponential average"],
  ["rsi14", "RSI(14)"],
  ["high_52w", "52-week high"],
  ["my_own", "my_own"],
])("%s is shown as %s", (name, shown) => expect(indicatorName(name)).toBe(shown))

test.each([
  ["rsi_band", "RSI band"],
  ["rising_trend", "Rising trend"],
  ["Depth of the fall", "Depth of the fall"],
  ["versatile", "Versatile"],
])("the part %s of a score is shown as %s", (name, shown) => expect(scorePartName(name)).toBe(shown))
