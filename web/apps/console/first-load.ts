import { gzipSync } from "node:zlib"
import type { Plugin } from "vite"

/** Limit of the JavaScript that a first visit loads, gzipped. */
const BUDGET_KB = 240

/** Fails the build if the entry, with everything that it imports statically, is beyond the budget. */
export function firstLoadBudget(): Plugin {
  return {
    name: "first-load-budget",
    apply: "build",
    generateBundle(_, bundle) {
      const needed = new Set<string>()
      const add = (file: string) => {
        const chunk = bundle[file]
        if (needed.has(file) || chunk?.type !== "chunk") return
        needed.add(file)
        chunk.imports.forEach(add)
      }
      for (const part of Object.values(bundle)) if (part.type === "chunk" && part.isEntry) add(part.fileName)
      let size = 0
      for (const file of needed) {
        const chunk = bundle[file]
        if (chunk?.type === "chunk") size += gzipSync(chunk.code).length
      }
      const kb = (size / 1000).toFixed(1)
      if (size > BUDGET_KB * 1000)
        this.error(
          `the first load is ${kb} kB of gzipped JavaScript, the budget ${BUDGET_KB} kB: load a part on demand`,
        )
      this.info(`first load: ${kb} kB of gzipped JavaScript, budget ${BUDGET_KB} kB`)
    },
  }
}
