import { expect, type Locator } from "@playwright/test"

/** The simulated market changes every price within two minutes at any hour, most within seconds. */
export const STILL_AT_MOST_MS = 130_000

/** Wait until a live figure changes. */
export async function moves(figure: Locator): Promise<void> {
  await expect(figure).toHaveText(/\d/)
  const before = (await figure.textContent()) ?? ""
  await expect(figure).not.toHaveText(before, { timeout: STILL_AT_MOST_MS })
}

/** The first amount in a text. */
export const amountIn = (text: string): string | undefined => /[−-]?₹[\d,.]+/.exec(text)?.[0]
