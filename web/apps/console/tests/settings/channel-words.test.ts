import { expect, it } from "vitest"
import { isLinkedBy } from "@/features/settings/notifications/channel-words"

it("a chat that is linked anew, by the same person too, is said to be linked", () => {
  const link = { made_at: "2026-11-27T21:00:00+05:30" }
  expect(isLinkedBy(link, { linked_at: null })).toBe(false)
  expect(isLinkedBy(link, { linked_at: "2026-11-27T20:40:00+05:30" })).toBe(false)
  expect(isLinkedBy(link, { linked_at: "2026-11-27T21:00:30+05:30" })).toBe(true)
})
