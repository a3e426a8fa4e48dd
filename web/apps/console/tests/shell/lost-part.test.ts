import { expect, test } from "vitest"
import { fetchPart, hasLostPart, LostPart } from "@/app/lost-part"

test("a part that comes is given as it is, and one that does not come is told as lost from then on", async () => {
  const page = { OptionsPage: "code" }
  await expect(fetchPart(async () => page)).resolves.toBe(page)
  expect(hasLostPart()).toBe(false)
  const cause = new Error("Unable to preload CSS for /assets/options-page.css")
  const lost = await fetchPart(() => Promise.reject(cause)).catch((error: unknown) => error)
  expect(lost).toBeInstanceOf(LostPart)
  expect(lost).toMatchObject({ cause })
  expect(hasLostPart()).toBe(true)
})
