import { expect, test } from "vitest"
import { hasFailedPageLoad, loadPage, PageLoadError } from "@/app/page-loading"

test("a loaded page is returned as it is, and a failed load is remembered", async () => {
  const page = { OptionsPage: "code" }
  await expect(loadPage(async () => page)).resolves.toBe(page)
  expect(hasFailedPageLoad()).toBe(false)
  const cause = new Error("Unable to preload CSS for /assets/options-page.css")
  const lost = await loadPage(() => Promise.reject(cause)).catch((error: unknown) => error)
  expect(lost).toBeInstanceOf(PageLoadError)
  expect(lost).toMatchObject({ cause })
  expect(hasFailedPageLoad()).toBe(true)
})
