import type { Run } from "@tradertape/api/backtest.ts"

/** A unique name for each run: equal names get the version, then a number. */
export function distinctNames(runs: readonly Pick<Run, "name" | "strategy">[]): string[] {
  const plain = runs.map((run) => run.name || run.strategy.name)
  const versioned = runs.map((run, i) => {
    const name = plain[i] ?? ""
    const isShared = plain.filter((other) => other === name).length > 1
    return isShared && run.strategy.version !== null ? `${name} v${run.strategy.version}` : name
  })
  return versioned.map((name, i) => {
    const before = versioned.slice(0, i).filter((other) => other === name).length
    const isShared = versioned.filter((other) => other === name).length > 1
    return isShared ? `${name} (${before + 1})` : name
  })
}
