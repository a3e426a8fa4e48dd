import { join } from "node:path"
import type { Page } from "@playwright/test"

const FOLDER = process.env.SHOTS

/** Keep a picture of the page for people to look at, when they said where. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (!FOLDER) return
  // Drawers and menus come in over a moment: the picture is of what stays.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => null))),
  )
  await page.waitForTimeout(250)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
