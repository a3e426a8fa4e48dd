import AxeBuilder from "@axe-core/playwright"
import { expect, type Page } from "@playwright/test"
import { shoot, stillness } from "./shots"

/** Check the page for accessibility violations. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  await stillness(page)
  await holdNotices(page)
  const { violations } = await new AxeBuilder({ page })
    .options({
      runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
      rules: { "landmark-unique": { enabled: true } },
    })
    // The text inside the editor is focusable; its scroller is not meant to be.
    .exclude(".cm-scroller")
    .analyze()
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
  )
  expect.soft(told, name).toEqual([])
}

/** Keep notices opaque until the page is left: one that fades has less contrast than while it is read. */
async function holdNotices(page: Page): Promise<void> {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(".mantine-Notification-root { opacity: 1 !important; transition: none !important }")
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  })
}

/** Check that the page is not wider than its window, after layout settles. */
export async function expectFits(page: Page, name: string): Promise<void> {
  const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  await expect.poll(beyond, { message: `${name} is wider than its window` }).toBeLessThanOrEqual(0)
}

/** Open a page and wait until it has loaded. */
export async function settle(page: Page, path: string): Promise<void> {
  await page.goto(path)
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible()
  await expect(page.locator("[data-mantine-skeleton], .mantine-Skeleton-root")).toHaveCount(0)
}

const WIDTHS = [1440, 1024, 390]

/** Check a page in both colour schemes and at every width: it fits and is accessible. */
export async function lookAround(page: Page, name: string, path: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    await settle(page, path)
    await expectAccessible(page, `${name}, ${scheme}`)
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width === 1024 ? 768 : 900 })
      await expectFits(page, `${name} at ${width}`)
      await shoot(page, `${name}-${width}-${scheme}`)
    }
  }
}
