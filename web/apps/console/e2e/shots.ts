import { join } from "node:path"
import type { Page } from "@playwright/test"

const FOLDER = process.env.SHOTS ?? "test-results/shots"

/** Keep a picture of the page for people to look at. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
