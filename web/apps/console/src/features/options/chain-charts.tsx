import type { Chain } from "@tradertape/api/generated/types.gen.ts"
import { EChart } from "@tradertape/ui/charts/echart.tsx"
import { number, percent } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { useCallback } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { usePreferences } from "@/lib/preferences"
import { openInterestOption, smileOption } from "./open-interest-option"
import classes from "./options.module.css"
import { sideColours } from "./side-colours"

/** Open interest and implied volatility by strike. */
export function ChainCharts({ chain }: { chain: Chain }) {
  const open = useCallback((tokens: Tokens) => openInterestOption(chain, tokens), [chain])
  const smile = useCallback((tokens: Tokens) => smileOption(chain, tokens), [chain])
  const { palette } = usePreferences()
  const colours = sideColours(palette)
  const file = `${chain.underlying}-${chain.expiry}`
  return (
    <div className={classes.two}>
      <ChartSection
        title="Open interest"
        note={`Calls ${colours.calls}, puts ${colours.puts}. Puts over calls ${number(chain.pcr, 2)}; max pain ${number(chain.max_pain)}.`}
        file={`${file}-open-interest`}
        rows={() => chain.rows.map((row) => ({ strike: row.strike, calls: row.CE?.oi, puts: row.PE?.oi }))}
      >
        <EChart option={open} height={260} label="Open interest of calls and puts by strike" />
      </ChartSection>
      <ChartSection
        title="Implied volatility"
        note={`Out-of-the-money options, percent per year: calls ${colours.calls}, puts ${colours.puts}; ${percent(chain.atm_iv, 1)} at the money.`}
        file={`${file}-volatility`}
        rows={() => chain.rows.map((row) => ({ strike: row.strike, calls: row.CE?.iv, puts: row.PE?.iv }))}
      >
        <EChart option={smile} height={260} label="Implied volatility of calls and puts by strike" />
      </ChartSection>
    </div>
  )
}
