import { expect, test } from "vitest"
import { isApple, withModifier } from "@/lib/keys"

test.each([
  ["MacIntel", "⌘K"],
  ["iPad", "⌘K"],
  ["Linux x86_64", "Ctrl K"],
  ["Win32", "Ctrl K"],
])("on %s the palette opens with %s", (platform, text) => {
  expect(withModifier("K", isApple(platform))).toBe(text)
})
