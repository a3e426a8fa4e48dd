import { join } from "node:path"
import type { Page } from "@playwright/test"

const FOLDER = process.env.SHOTS

/** Save a screenshot of the page if a folder is configured. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!FOLDER) return
  // Wait for the animations of drawers and menus.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => null))),
  )
  await page.waitForTimeout(250)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
