import { Text } from "@mantine/core"
import { marketText, number, signed } from "@tradertape/ui/format.ts"
import { Check, CircleHelp, X } from "lucide-react"
import { scorePartName } from "@/lib/indicator-names"
import type { ExplainNode, Explanation } from "@/lib/queries/strategies"
import classes from "./explanation.module.css"

/** The rules of a strategy with the values they had for a stock at a close. */
export function ExplanationView({ data }: { data: Explanation }) {
  return (
    <div className={classes.columns}>
      <div>
        <h3>Entry rules</h3>
        <Node node={data.entry} />
      </div>
      <Around data={data} />
    </div>
  )
}

function Mark({ verdict }: { verdict: boolean | null }) {
  if (verdict === null) return <CircleHelp size={14} className="tt-warn" aria-label="unknown" />
  return verdict ? (
    <Check size={14} className="tt-gain" aria-label="met" />
  ) : (
    <X size={14} className="tt-loss" aria-label="not met" />
  )
}

const NEST_WORDS: Record<string, string> = {
  and: "All of these",
  or: "Any of these",
  not: "Not",
  count: "At least some of these",
}

function Node({ node }: { node: ExplainNode }) {
  const isNest = node.conditions.length > 0
  return (
    <div className={classes.node}>
      <div className={classes.line}>
        <Mark verdict={node.verdict} />
        <span>{isNest ? (NEST_WORDS[node.type] ?? marketText(node.english)) : marketText(node.saw)}</span>
      </div>
      {isNest && (
        <div className={classes.inside}>
          {node.conditions.map((child, i) => (
            <Node key={i} node={child} />
          ))}
        </div>
      )}
    </div>
  )
}

function Around({ data }: { data: Explanation }) {
  return (
    <div>
      {data.filters.length > 0 && <h3>Filters</h3>}
      {data.filters.map((filter) => (
        <div key={filter.name} className={classes.line}>
          <Mark verdict={filter.passed} />
          <span>{marketText(filter.saw)}</span>
        </div>
      ))}
      {data.regime && (
        <>
          <h3>Market regime, {data.regime.index}</h3>
          <Node node={data.regime} />
        </>
      )}
      {data.conviction && (
        <>
          <h3>Conviction {number(data.conviction.score, 1)}</h3>
          <Text size="sm" c="dimmed">
            starts at {number(data.conviction.base)}
          </Text>
          {data.conviction.breakdown.map((part) => (
            <div key={part.name} className={classes.points}>
              <span>{scorePartName(part.name)}</span>
              <span className="tt-num">{signed(part.points, 1)}</span>
            </div>
          ))}
        </>
      )}
    </div>
  )
}
