import { Select, TagsInput } from "@mantine/core"
import type { CompareOp, Condition } from "@tradertape/api/strategy.ts"
import { RequiredNumber } from "@/components/forms/required-number"
import { isGroup, isWrapper } from "../../tree/nodes"
import type { Scope } from "../../tree/operands"
import type { Path } from "../../tree/path"
import { useEditing, usePlace, useProblem } from "../state/editor-context"
import { AddCondition } from "./add-condition"
import { ConditionMenu } from "./condition-menu"
import classes from "./conditions.module.css"
import { OperandEditor } from "./operand-editor"

interface Props {
  path: Path
  scope: Scope
  /** "Entry rules", "Exit rule 1": the position in the document, for screen readers. */
  label: string
}

const OPS: { value: CompareOp; label: string }[] = [
  { value: ">", label: "is above" },
  { value: ">=", label: "is at least" },
  { value: "<", label: "is below" },
  { value: "<=", label: "is at most" },
  { value: "==", label: "equals" },
  { value: "!=", label: "differs from" },
]

const CROSSINGS = [
  { value: "above", label: "crosses above" },
  { value: "below", label: "crosses below" },
]

/** A node of a condition tree with its children. */
export function ConditionEditor({ path, scope, label }: Props) {
  const [node] = usePlace<Condition>(path)
  const problem = useProblem(path)
  if (!node) return null
  const isNest = isGroup(node) || isWrapper(node)
  return (
    <div className={isNest ? classes.nest : classes.leaf} data-wrong={problem ? true : undefined}>
      <div className={classes.line}>
        <div className={classes.words}>
          {isNest ? (
            <NestHead path={path} node={node} />
          ) : (
            <Leaf path={path} node={node} scope={scope} label={label} />
          )}
        </div>
        <ConditionMenu path={path} label={label} />
      </div>
      {problem && (
        <div className={classes.problem} role="alert">
          {problem}
        </div>
      )}
      {isGroup(node) && (
        <div className={classes.children}>
          {node.conditions.map((_child, i) => (
            <ConditionEditor
              key={i}
              path={[...path, "conditions", i]}
              scope={scope}
              label={`${label}, ${i + 1}`}
            />
          ))}
          <AddCondition path={path} label={label} />
        </div>
      )}
      {isWrapper(node) && (
        <div className={classes.children}>
          <ConditionEditor path={[...path, "condition"]} scope={scope} label={label} />
        </div>
      )}
    </div>
  )
}

function NestHead({ path, node }: { path: Path; node: Condition }) {
  const [, setNode] = usePlace<Condition>(path)
  const { isReadOnly } = useEditing()
  const size = { size: "xs", readOnly: isReadOnly, className: classes.small, decimals: 0, step: 1 }
  if (node.type === "count") {
    return (
      <>
        <b>At least</b>
        <RequiredNumber
          {...size}
          aria-label="Minimum number of conditions"
          min={1}
          max={node.conditions.length}
          value={node.at_least}
          onChange={(value) => value !== null && setNode({ ...node, at_least: value })}
        />
        <b>of these conditions are met</b>
      </>
    )
  }
  if (node.type === "for_bars") {
    return (
      <>
        <b>On each of the last</b>
        <RequiredNumber
          {...size}
          aria-label="Number of days"
          min={1}
          max={250}
          value={node.bars}
          onChange={(value) => value !== null && setNode({ ...node, bars: value })}
        />
        <b>days</b>
      </>
    )
  }
  if (node.type === "not") return <b>Not true that</b>
  return <b>{node.type === "or" ? "Any of these conditions is met" : "All of these conditions are met"}</b>
}

function Leaf({ path, node, scope, label }: Props & { node: Condition }) {
  const [, setNode] = usePlace<Condition>(path)
  const { isReadOnly } = useEditing()
  const operand = (key: string, words: string) => (
    <OperandEditor path={[...path, key]} scope={scope} label={`${label}, ${words}`} />
  )
  switch (node.type) {
    case "compare":
      return (
        <>
          {operand("left", "left side")}
          <Select
            className={classes.op}
            aria-label={`${label}, comparison`}
            data={OPS}
            value={node.op}
            onChange={(op) => op && setNode({ ...node, op })}
            readOnly={isReadOnly}
          />
          {operand("right", "right side")}
        </>
      )
    case "cross":
      return (
        <>
          {operand("left", "left side")}
          <Select
            className={classes.op}
            aria-label={`${label}, direction`}
            data={CROSSINGS}
            value={node.direction}
            onChange={(value) =>
              value && setNode({ ...node, direction: value === "below" ? "below" : "above" })
            }
            readOnly={isReadOnly}
          />
          {operand("right", "right side")}
        </>
      )
    case "between":
      return (
        <>
          {operand("value", "value")}
          <span>is between</span>
          {operand("low", "lower end")}
          <span>and</span>
          {operand("high", "upper end")}
        </>
      )
    case "in":
      return (
        <>
          {operand("value", "value")}
          <span>is one of</span>
          <TagsInput
            size="xs"
            aria-label={`${label}, numbers`}
            value={node.values.map(String)}
            onChange={(texts) => setNode({ ...node, values: texts.map(Number).filter(Number.isFinite) })}
            readOnly={isReadOnly}
          />
        </>
      )
    case "random":
      return <RandomLeaf path={path} node={node} />
    default:
      return null
  }
}

/** A percentage as a share, without the digits that binary fractions add: 7 is 0.07. */
const shareOf = (percent: number) => Number((percent / 100).toFixed(6))

function RandomLeaf({ path, node }: { path: Path; node: Extract<Condition, { type: "random" }> }) {
  const [, setNode] = usePlace<Condition>(path)
  const { isReadOnly } = useEditing()
  return (
    <>
      <span>Randomly, on</span>
      <RequiredNumber
        size="xs"
        className={classes.small}
        aria-label="Probability in percent"
        rightSection="%"
        min={0}
        max={100}
        decimals={4}
        step={1}
        value={Number((node.prob * 100).toFixed(4))}
        onChange={(value) => value !== null && setNode({ ...node, prob: shareOf(value) })}
        readOnly={isReadOnly}
      />
      <span>of stocks each day, seed</span>
      <RequiredNumber
        size="xs"
        className={classes.small}
        aria-label="Seed"
        decimals={0}
        step={1}
        value={node.seed ?? 0}
        onChange={(value) => value !== null && setNode({ ...node, seed: value })}
        readOnly={isReadOnly}
      />
    </>
  )
}
