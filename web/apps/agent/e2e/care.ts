import { join } from "node:path"
import AxeBuilder from "@axe-core/playwright"
import { expect, type Page } from "@playwright/test"

const FOLDER = process.env.SHOTS

/** Wait for the animations of drawers, dialogs and notices; those without an end are not waited for. */
async function stillness(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => Number.isFinite(Number(effect?.getComputedTiming().endTime)))
    await Promise.all(ending.map(({ finished }) => finished.catch(() => null)))
  })
}

/** Save a screenshot if a folder is configured. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!FOLDER) return
  await stillness(page)
  await page.screenshot({ path: join(FOLDER, `${name}.png`), fullPage: true })
}

export const SECTIONS = [
  ["dashboard", "/", "Dashboard"],
  ["signals", "/signals", "Signals"],
  ["holdings", "/holdings", "Holdings and positions"],
  ["funds", "/funds", "Mutual funds"],
  ["brokers", "/brokers", "Brokers"],
  ["reconciliation", "/reconciliation", "Reconciliation"],
  ["uploads", "/uploads", "Uploads"],
  ["privacy", "/privacy", "Privacy"],
  ["logs", "/logs", "Logs"],
  ["settings", "/settings", "Settings"],
] as const

/** Open a section, and wait until it has loaded. */
export async function open(page: Page, path: string, title: string): Promise<void> {
  await page.goto(`/#${path}`)
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible()
  await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0)
}

/** Check that there is no accessibility violation, and that nothing is wider than the window. */
export async function expectCare(page: Page, name: string): Promise<void> {
  await stillness(page)
  // One page without foreign frames: its findings need no second page to be gathered in.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] })
    .analyze()
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
  )
  expect.soft(told, name).toEqual([])
  const beyond = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  await expect.poll(beyond, { message: `${name} is wider than its window` }).toBeLessThanOrEqual(0)
}
