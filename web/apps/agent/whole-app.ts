import { gzipSync } from "node:zlib"
import type { Plugin } from "vite"

/** Limit of all JavaScript of the app, gzipped. */
const BUDGET_KB = 250

/** Fails the build if all scripts together are beyond the budget. */
export function wholeAppBudget(): Plugin {
  return {
    name: "whole-app-budget",
    apply: "build",
    generateBundle(_, bundle) {
      let size = 0
      for (const part of Object.values(bundle)) if (part.type === "chunk") size += gzipSync(part.code).length
      const kb = (size / 1000).toFixed(1)
      if (size > BUDGET_KB * 1000)
        this.error(`the app is ${kb} kB of gzipped JavaScript, the budget ${BUDGET_KB} kB`)
      this.info(`the app: ${kb} kB of gzipped JavaScript, budget ${BUDGET_KB} kB`)
    },
  }
}
