import { NumberField } from "../fields/number-field"
import classes from "./blocks.module.css"

export function HoldBlock() {
  return (
    <div className={classes.grid}>
      <NumberField
        path={["config", "min_hold"]}
        label="Hold at least"
        unit="days"
        min={0}
        isWhole
        hint="Applies to exit rules, not to stops."
      />
      <NumberField
        path={["config", "max_hold"]}
        label="Hold at most"
        unit="days"
        off="no limit"
        min={1}
        isWhole
      />
      <NumberField
        path={["config", "exit_buffer_pct"]}
        label="Exit price buffer"
        unit="%"
        min={0}
        step={0.1}
      />
      <NumberField path={["config", "conviction_base"]} label="Conviction starts at" min={0} max={100} />
      <NumberField path={["config", "min_conviction"]} label="Skip below conviction" min={0} max={100} />
    </div>
  )
}
