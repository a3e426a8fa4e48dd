import { expect, test } from "vitest"
import { entryScript } from "@/app/shell/version/use-version-check"
import { deviceName } from "@/features/settings/sessions-section"

test("the entry script identifies a build", () => {
  const page = '<script type="module" crossorigin src="/assets/index-CYN5nvGY.js"></script>'
  expect(entryScript(page)).toBe("/assets/index-CYN5nvGY.js")
  expect(entryScript("<html></html>")).toBe("")
})

test("a device is named by browser and system", () => {
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537")).toBe("Chrome on Linux")
  expect(deviceName("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140")).toBe("Edge on Windows")
  expect(deviceName("curl/8")).toBe("Browser")
})
