import { expect, type Page, test } from "@playwright/test"
import { expectCare, open, SECTIONS, shoot } from "./care"

const MASK = "•••••"
const RUPEES = /₹\s*[\d•]/

const isHidden = (page: Page) => expect(page.getByRole("main")).toContainText(MASK)
const isShown = (page: Page) => expect(page.getByRole("main")).not.toContainText(MASK)

async function holdings(page: Page): Promise<void> {
  await open(page, "/holdings", "Holdings and positions")
  await expect(page.getByText("INFY").first()).toBeVisible()
}

test("Shift H hides amounts, H held shows them, and a reload and another tab have the same", async ({
  page,
  context,
}) => {
  await holdings(page)
  await isShown(page)
  const other = await context.newPage()
  await holdings(other)

  await page.keyboard.press("Shift+H")
  await isHidden(page)
  await isHidden(other)
  await page.keyboard.down("h")
  await isShown(page)
  await page.keyboard.up("h")
  await isHidden(page)

  await page.reload()
  await isHidden(page)
  await other.keyboard.press("Shift+H")
  await isShown(other)
  await isShown(page)
  await other.close()
})

test("a letter that is typed into a field changes nothing", async ({ page }) => {
  await holdings(page)
  await page.goto("/#/settings")
  const field = page.getByRole("main").getByRole("textbox").first()
  await field.focus()
  await page.keyboard.press("Shift+H")
  await holdings(page)
  await isShown(page)
})

for (const scheme of ["light", "dark"] as const)
  test(`in discreet mode no section has an amount, and each is accessible, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    await holdings(page)
    await page.keyboard.press("Shift+H")
    await isHidden(page)
    for (const [name, path, title] of SECTIONS) {
      await open(page, path, title)
      if (name !== "signals")
        // what a button is about to send keeps its numbers
        await expect(page.locator("body"), name).not.toContainText(RUPEES)
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        await expectCare(page, `${name} at ${width}, ${scheme}, hidden`)
        await shoot(page, `${name}-${width}-${scheme}-hidden`)
      }
    }
    await page.keyboard.press("Shift+H")
  })
