import AxeBuilder from "@axe-core/playwright"
import { expect, type Page } from "@playwright/test"

/** Nothing of what is shown keeps anybody out. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"])
    .analyze()
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
  )
  expect.soft(told, name).toEqual([])
}

/** A page is no wider than its window. */
export async function expectFits(page: Page, name: string): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect.soft(beyond, `${name} is wider than its window`).toBeLessThanOrEqual(0)
}
