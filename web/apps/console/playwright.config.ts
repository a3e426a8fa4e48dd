import { defineConfig } from "@playwright/test"

const storageState = "test-results/state.json"

/**
 * Browser journeys against a running server. BASE_URL: its address. TRADERTAPE_OUTBOX: its e-mail folder.
 * CHROMIUM: the browser. SHOTS: the folder for screenshots, if any. WORKER_PYTHON and WORKER_SDK: an interpreter,
 * and the folder of the client library. OTHER_EMAIL and OTHER_PASSWORD: a second user.
 * MOVED_CLOCK: the file that sets the server's clock, where it has one.
 * UNUSED_SERVER: set where nobody has used the server's sandbox.
 * SERVER_PID: the server process, if tests may stop it; its settings are then in the environment.
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
    // Traces of every step would be slower than the steps; keep only the last screenshot of a failure.
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
  // In this order: the last project checks the data that the journeys create.
  projects: [
    { name: "sign-in", testMatch: "sign-in.setup.ts" },
    { name: "journeys", testMatch: "journey.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    // Needs a server whose clock can be moved; skipped without one.
    { name: "models", testMatch: "models.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    { name: "risk", testMatch: "risk.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    // Connects the sandbox; skipped on a server that somebody has used.
    {
      name: "reconciliation",
      testMatch: "reconciliation.spec.ts",
      dependencies: ["sign-in"],
      use: { storageState },
    },
    { name: "uploads", testMatch: "uploads.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    // After the check that begins with nothing uploaded.
    { name: "family", testMatch: "family.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    { name: "journal", testMatch: "journal.spec.ts", dependencies: ["wealth"], use: { storageState } },
    { name: "wealth", testMatch: "wealth.spec.ts", dependencies: ["uploads"], use: { storageState } },
    // After those whose data it hides; the book of `wealth` is empty again at its end, so it uploads its own.
    {
      name: "discreet",
      testMatch: "discreet.spec.ts",
      dependencies: ["journal", "workers", "family"],
      use: { storageState },
    },
    // A user of its own, whose figures an agent scales.
    { name: "scaled", testMatch: "scaled.spec.ts" },
    { name: "reporting", testMatch: "reporting.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    // A worker, live against the sandbox; skipped on a server that somebody has used.
    { name: "live", testMatch: "live.spec.ts", dependencies: ["sign-in"], use: { storageState } },
    { name: "workers", testMatch: "workers.spec.ts", dependencies: ["journeys"], use: { storageState } },
    {
      name: "option-runs",
      testMatch: "option-runs.spec.ts",
      dependencies: ["workers"],
      use: { storageState },
    },
    { name: "results", testMatch: "results.spec.ts", dependencies: ["journeys"], use: { storageState } },
    { name: "market", testMatch: "market.spec.ts", dependencies: ["journeys"], use: { storageState } },
    {
      name: "brokers",
      testMatch: "brokers.spec.ts",
      dependencies: ["journeys"],
      use: { storageState },
    },
    {
      name: "typing",
      testMatch: "typing.spec.ts",
      dependencies: ["option-runs", "market"],
      use: { storageState },
    },
    {
      name: "navigation",
      testMatch: ["trading.spec.ts", "navigation.spec.ts", "dialogs.spec.ts", "paper-accounts.spec.ts"],
      // After the checks that begin with nothing: the dialogs need runs, watch lists, tokens and keys.
      dependencies: ["journeys", "option-runs", "market"],
      use: { storageState },
    },
    {
      name: "care",
      testMatch: "care.spec.ts",
      dependencies: ["option-runs", "market", "typing", "navigation", "results", "brokers"],
      use: { storageState },
    },
    { name: "restart", testMatch: "restart.spec.ts", dependencies: ["care"], use: { storageState } },
  ],
})
