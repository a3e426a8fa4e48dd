import { Tooltip } from "@mantine/core"
import type { ExitGroup, Run, Summary } from "@tradertape/api/backtest.ts"
import { Section } from "@/components/page/section"
import { type Figure, figureText, GROUPS } from "../../shared/figures"
import layout from "../../shared/layout.module.css"
import { EquitySection } from "../sections/equity-section"
import { GroupTable } from "../sections/group-table"
import { MonthlyHeat } from "../sections/monthly-heat"
import { ruleName } from "../trades/trade-columns"
import classes from "./tabs.module.css"

const exitName = (row: ExitGroup) => (row.exit_rule ? ruleName(row.exit_rule) : row.label)
const sectorName = (row: { sector: string }) => row.sector

export default function OverviewTab({ run }: { run: Run }) {
  return (
    <div className={layout.stack}>
      <EquitySection run={run} />
      <Section title="All figures">
        <div className={classes.groups}>
          {GROUPS.map((group) => (
            <div key={group.title}>
              <h3>{group.title}</h3>
              <Pairs figures={group.figures} summary={run.summary} />
            </div>
          ))}
        </div>
      </Section>
      <MonthlyHeat run={run} />
      <div className={layout.two}>
        <Section title="Exit reasons" flush>
          <GroupTable label="Exit reasons" head="Exit reason" rows={run.exit_breakdown} name={exitName} />
        </Section>
        <Section title="By sector" flush>
          <GroupTable label="Sectors" head="Sector" rows={run.by_sector} name={sectorName} />
        </Section>
      </div>
    </div>
  )
}

function Pairs({ figures, summary }: { figures: Figure[]; summary: Summary }) {
  return (
    <dl className={layout.pairs}>
      {figures.map((figure) => (
        <div key={figure.key}>
          <dt>
            {figure.hint ? (
              <Tooltip label={figure.hint}>
                <span>{figure.label}</span>
              </Tooltip>
            ) : (
              figure.label
            )}
          </dt>
          <dd>{figureText(figure.kind, summary[figure.key])}</dd>
        </div>
      ))}
    </dl>
  )
}
