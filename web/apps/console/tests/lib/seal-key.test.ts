import { expect, test } from "vitest"
import { rowsOf } from "../../src/features/settings/agent/snapshot-words"
import { bytesOfKey, keyOf, unsealed } from "../../src/lib/seal-key"

// Made by the agent's own code, with a key of counted bytes.
const KEY = "7GTDV-U3SVG-Q6BPT-2YOTK-EYRBK-RTFYA-RF4S6-4PWH6-6GOE2-5GIPJ-QQ"
const SEALED =
  "AAECAwQFBgcICQoLHW76kFADddbcm2SDXTDOXNwKvoqmNsx8X+PMRH7ebK86VjEj7cjiNDift0J4mGKxVyYIgOml9coY9lCS7cHGZQqvF1tE2ZDLG/QX0PN+dd5gmAnIe9wfV94Bj8BASavczHvC1WnAUcMot/9CJVLI+lGiyUhr"

async function opened(key: string, document = SEALED) {
  const bytes = bytesOfKey(key)
  if (!bytes) throw new Error("no key")
  return unsealed(document, await keyOf(bytes))
}

test("D10: what an agent sealed is read in the browser with its key", async () => {
  const found = await opened(KEY)
  expect(found.margins).toEqual({ net: "12.5" })
  expect(rowsOf(found.holdings ?? [])).toEqual([
    { name: "NSE:INFY", quantity: "1,000", price: "", value: null },
  ])
  expect(await opened(KEY.toLowerCase().replaceAll("-", " "))).toEqual(found)
})

test("D10: another key, or a changed document, opens nothing", async () => {
  const other = KEY.replace(KEY[0] ?? "", KEY[0] === "A" ? "B" : "A")
  await expect(opened(other)).rejects.toThrow()
  await expect(opened(KEY, `AAAA${SEALED.slice(4)}`)).rejects.toThrow()
})

test("what is no key is told before it is tried", () => {
  for (const text of ["", "ABCDE", KEY.slice(1), `${KEY}A`, KEY.replace("-", "1")])
    expect(bytesOfKey(text)).toBeNull()
})

test("scaled quantities keep their digits, and what was kept back is empty", () => {
  expect(
    rowsOf([{ symbol: "ITC", exchange: "NSE", quantity: "137.25", average_price: "411.1", value: "5" }]),
  ).toEqual([{ name: "NSE:ITC", quantity: "137.25", price: "411.10", value: 5 }])
})
