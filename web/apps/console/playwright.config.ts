import { defineConfig } from "@playwright/test"

const storageState = "test-results/state.json"

/**
 * Journeys through a running server. BASE_URL: where it is. TRADERTAPE_OUTBOX: its outbox folder, for sign-in links.
 * CHROMIUM: the browser. SHOTS: where screenshots go, if any are wanted. WORKER_PYTHON and WORKER_SDK: an interpreter,
 * and the folder of the workers' client. OTHER_EMAIL and OTHER_PASSWORD: somebody else who may sign in.
 * SERVER_PID: the server's process, where it may be stopped; its settings are in the environment then.
 */
export default defineConfig({
  testDir: "./e2e",
  outputDir: "./test-results/traces",
  timeout: 180_000,
  expect: { timeout: 30_000 },
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: process.env.BASE_URL ?? "http://localhost:18777",
    viewport: { width: 1440, height: 900 },
    // Pictures of every step would cost more than the steps; the last one is kept of what fails.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: false, sources: false },
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
  // In this order: what the journeys leave behind is what the last one looks at.
  projects: [
    { name: "sign-in", testMatch: "sign-in.setup.ts" },
    { name: "journeys", testMatch: "journey.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    { name: "workers", testMatch: "workers.spec.ts", dependencies: ["journeys"], use: { storageState } },
    {
      name: "option-runs",
      testMatch: "option-runs.spec.ts",
      dependencies: ["workers"],
      use: { storageState },
    },
    { name: "market", testMatch: "market.spec.ts", dependencies: ["journeys"], use: { storageState } },
    {
      name: "care",
      testMatch: "care.spec.ts",
      dependencies: ["option-runs", "market"],
      use: { storageState },
    },
    { name: "restart", testMatch: "restart.spec.ts", dependencies: ["care"], use: { storageState } },
  ],
})
