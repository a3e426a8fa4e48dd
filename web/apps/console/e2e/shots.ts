import { join } from "node:path"
import type { Page } from "@playwright/test"

const FOLDER = process.env.SHOTS

const STILL_WITHIN_MS = 1500

/** Wait for the animations of drawers, menus and notices; not for those that never end, as of a spinner. */
export async function stillness(page: Page): Promise<void> {
  const ended = page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => null))),
  )
  await Promise.race([ended.catch(() => null), page.waitForTimeout(STILL_WITHIN_MS)])
}

/** Save a screenshot of the page if a folder is configured. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!FOLDER) return
  await stillness(page)
  await page.waitForTimeout(250)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
