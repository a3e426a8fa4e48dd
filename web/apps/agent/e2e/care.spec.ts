import { expect, test } from "@playwright/test"
import { expectCare, open, SECTIONS, shoot } from "./care"

for (const scheme of ["light", "dark"] as const)
  test(`every section fits, is accessible and asks only the agent, ${scheme}`, async ({ page, baseURL }) => {
    const strangers: string[] = []
    const broken: string[] = []
    page.on("request", (request) => {
      const url = request.url()
      if (!url.startsWith(baseURL ?? "") && !/^(data|blob):/.test(url)) strangers.push(url)
    })
    page.on("pageerror", (error) => broken.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error") broken.push(`${page.url()}: ${message.text()}`)
    })
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" })
    await page.goto("/")
    for (const [name, path, title] of SECTIONS) {
      await open(page, path, title)
      await expectCare(page, `${name}, ${scheme}`)
      await shoot(page, `${name}-390-${scheme}`)
      await page.setViewportSize({ width: 1440, height: 900 })
      await expectCare(page, `${name} at 1440, ${scheme}`)
      await shoot(page, `${name}-1440-${scheme}`)
      await page.setViewportSize({ width: 390, height: 844 })
    }
    expect(strangers).toEqual([])
    expect(broken).toEqual([])
  })
