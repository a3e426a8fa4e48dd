import { expect, type Locator } from "@playwright/test"

interface Typed {
  /** The text typed, and what the field shows after it is left. */
  types: string
  shows: string
  /** A text as it is copied from elsewhere, and what the field shows after it is left. */
  pastes: string
  showsPasted: string
  /** What the field shows after one arrow key upwards. */
  above: string | RegExp
}

export const PRICE: Typed = {
  types: "145.5",
  shows: "145.50",
  pastes: "₹1,450.50",
  showsPasted: "1,450.50",
  // A step is the instrument's tick.
  above: /^1,450\.(51|55|60)$/,
}

export const AMOUNT: Typed = {
  types: "125000.5",
  shows: "1,25,000.5",
  pastes: "₹ 40,000",
  showsPasted: "40,000",
  above: "41,000",
}

export const QUANTITY: Typed = {
  types: "1500",
  shows: "1,500",
  pastes: " 2,250 ",
  showsPasted: "2,250",
  above: "2,251",
}

export const PERCENT: Typed = {
  types: "2.5",
  shows: "2.5",
  pastes: "3%",
  showsPasted: "3",
  above: "4",
}

/** A percentage that is stored as a fraction. */
export const SHARE: Typed = {
  types: "5.7",
  shows: "5.7",
  pastes: "7%",
  showsPasted: "7",
  above: "8",
}

/** A pause in which prices come in several times. */
const TICKS_MS = 700

/**
 * Type into a field like somebody in a hurry while prices come in: select all, type, erase, paste, arrow keys, the
 * wheel and Tab. At every moment the field shows what was typed; on leaving it, the same figure, formatted.
 */
export async function typeInAHurry(field: Locator, typed: Typed): Promise<void> {
  const page = field.page()
  const { keyboard } = page
  await field.scrollIntoViewIfNeeded()
  await field.click()
  await keyboard.press("ControlOrMeta+a")
  await keyboard.type(typed.types, { delay: 40 })
  await expect(field).toHaveValue(typed.types)
  await page.waitForTimeout(TICKS_MS)
  await expect(field).toHaveValue(typed.types)
  await keyboard.press("Backspace")
  await expect(field).toHaveValue(typed.types.slice(0, -1))
  await keyboard.type(`x${typed.types.slice(-1)}`)
  await expect(field).toHaveValue(typed.types)
  // A character that is not accepted leaves the caret where it was.
  await keyboard.press("Home")
  await keyboard.press("ArrowRight")
  await keyboard.type("x")
  await keyboard.press("Delete")
  await expect(field).toHaveValue(typed.types.slice(0, 1) + typed.types.slice(2))
  await keyboard.type(typed.types.slice(1, 2))
  await page.mouse.wheel(0, 120)
  await page.mouse.wheel(0, -120)
  await expect(field).toHaveValue(typed.types)
  await keyboard.press("Tab")
  await expect(field).toHaveValue(typed.shows)
  // Back with Shift and Tab, the text is selected as a whole: the next key replaces it.
  await keyboard.press("Shift+Tab")
  await expect(field).toBeFocused()
  await keyboard.press("Backspace")
  await page.waitForTimeout(TICKS_MS)
  await expect(field).toHaveValue("")
  await keyboard.insertText(typed.pastes)
  await expect(field).toHaveValue(typed.pastes)
  await keyboard.press("ArrowUp")
  await expect(field).toHaveValue(typed.above)
  await keyboard.press("ArrowDown")
  await keyboard.press("Tab")
  await expect(field).toHaveValue(typed.showsPasted)
}
