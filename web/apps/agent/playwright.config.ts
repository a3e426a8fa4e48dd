import { defineConfig } from "@playwright/test"

/**
 * Browser journeys against a running agent. AGENT_URL: its address on this machine. LAN_URL: its address in the
 * network, from which this machine counts as another device. CHROMIUM: the browser. SHOTS: the folder for
 * screenshots, if any.
 */
export default defineConfig({
  testDir: "./e2e",
  outputDir: "./test-results",
  timeout: 240_000,
  expect: { timeout: 15_000 },
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: process.env.AGENT_URL ?? "http://localhost:5679",
    viewport: { width: 390, height: 844 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    // One project: a browser is started once for all of its files, which run in the order of their names.
    {
      name: "pages",
      testMatch: ["care.spec.ts", "corrections.spec.ts", "discreet.spec.ts", "phone.spec.ts"],
    },
    { name: "journey", testMatch: "journey.spec.ts" },
  ],
})
