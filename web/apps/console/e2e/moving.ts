import { expect, type Locator } from "@playwright/test"

/** The simulated market's own promise: no price stands still for two minutes, at any hour. Most move every few seconds. */
export const STILL_AT_MOST_MS = 130_000

/** Wait until a live figure reads differently: the market moves. */
export async function moves(figure: Locator): Promise<void> {
  await expect(figure).toHaveText(/\d/)
  const before = (await figure.textContent()) ?? ""
  await expect(figure).not.toHaveText(before, { timeout: STILL_AT_MOST_MS })
}

/** The first amount of a text. */
export const amountIn = (text: string): string | undefined => /[−-]?₹[\d,.]+/.exec(text)?.[0]
