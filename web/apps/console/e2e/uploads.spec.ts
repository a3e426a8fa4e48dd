import { readFile } from "node:fs/promises"
import { expect, test } from "@playwright/test"
import { expectAccessible, lookAround } from "./care"

test.setTimeout(90_000)

const HEADER =
  "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,order_execution_time"
const row = (id: number, side = "buy") =>
  `INFY,INE009A01021,2024-04-0${id},NSE,EQ,EQ,${side},false,10.000000,1480.550000,7500${id},11000${id},2024-04-0${id}T09:15:01`
const csv = (name: string, lines: string[]) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(`${lines.join("\n")}\n`),
})

test("a tradebook is previewed, imported and undone; another layout is mapped", async ({ page }) => {
  await page.goto("/uploads")
  await expect(page.getByText("Nothing uploaded yet")).toBeVisible()
  const files = page.locator('input[type="file"]')

  await files.setInputFiles(csv("bad.csv", [HEADER, row(1), row(2, "hold")]))
  await expect(page.getByText("Row 3, trade_type")).toBeVisible()
  await expect(page.getByRole("button", { name: "Import", exact: true })).toBeDisabled()
  const [errors] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download these rows as CSV" }).click(),
  ])
  expect(await readFile(await errors.path(), "utf8")).toContain("3,trade_type")
  await page.getByRole("button", { name: "Discard" }).click()

  await files.setInputFiles([csv("bad.csv", [HEADER, row(2, "hold")]), csv("good.csv", [HEADER, row(3)])])
  await page.getByRole("button", { name: "Import", exact: true }).click()
  const history = page.getByRole("region", { name: "Uploads, table" })
  await expect(history).toContainText("Not imported")
  const [stored] = await Promise.all([
    page.waitForEvent("download"),
    history.getByRole("link", { name: "Rows that cannot be read (CSV)" }).click(),
  ])
  expect(await readFile(await stored.path(), "utf8")).toContain("2,trade_type")
  for (const name of ["bad.csv", "good.csv"]) {
    await page.getByRole("button", { name: `Undo ${name}` }).click()
    await page.getByRole("button", { name: "Undo the upload" }).click()
    await expect(page.getByRole("button", { name: `Undo ${name}` })).toHaveCount(0)
  }

  await files.setInputFiles(csv("book.csv", [HEADER, row(1), row(2, "sell")]))
  await expect(page.getByText("2 new")).toBeVisible()
  await expectAccessible(page, "a preview")
  await page.getByRole("button", { name: "Import", exact: true }).click()
  await expect(history).toContainText("book.csv")
  await expect(history).toContainText("Imported")

  await files.setInputFiles(csv("mine.csv", ["When,Scrip,B/S,Nos,Rate", "03-04-2024,ITC,B,5,400.10"]))
  await page.getByRole("textbox", { name: "Name of the mapping" }).fill("My broker")
  for (const [field, column] of [
    ["Symbol", "Scrip"],
    ["Date", "When"],
    ["Buy or sell", "B/S"],
    ["Quantity", "Nos"],
    ["Price", "Rate"],
  ]) {
    await page.getByRole("combobox", { name: field }).click()
    await page.getByRole("option", { name: column, exact: true }).click()
  }
  await expectAccessible(page, "the mapping editor")
  await page.getByRole("button", { name: "Save and read the file again" }).click()
  await expect(page.getByText("1 new")).toBeVisible()
  await page.getByRole("button", { name: "Discard" }).click()

  await lookAround(page, "uploads", "/uploads")
  await page.getByRole("button", { name: "Undo book.csv" }).click()
  await page.getByRole("button", { name: "Undo the upload" }).click()
  await expect(page.getByText("Nothing uploaded yet")).toBeVisible()
})
