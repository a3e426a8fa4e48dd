import { ActionIcon, Button, Group, Menu, Stack, Text, TextInput } from "@mantine/core"
import type { Score } from "@tradertape/api/strategy.ts"
import { Plus, Trash2 } from "lucide-react"
import { blankCondition } from "../../tree/nodes"
import type { Path } from "../../tree/path"
import { ConditionEditor } from "../conditions/condition-editor"
import { OperandEditor } from "../conditions/operand-editor"
import { NumberField } from "../fields/number-field"
import { useEditing, usePlace, useProblem } from "../state/editor-context"
import classes from "./blocks.module.css"
import { freeName } from "./exit-block"

const RSI = { type: "indicator", name: "rsi14" } as const

function blankScore(type: Score["type"], name: string): Score {
  if (type === "condition") return { name, type, condition: blankCondition("compare"), points: 10 }
  if (type === "linear") return { name, type, input: RSI, from: 40, to: 20, points: 20 }
  return {
    name,
    type,
    input: RSI,
    bands: [
      { gte: null, lt: 30, points: 20 },
      { gte: 30, lt: 40, points: 10 },
    ],
  }
}

const KINDS = [
  { type: "condition", label: "Points when a condition is met" },
  { type: "bands", label: "Points by bands of a value" },
  { type: "linear", label: "Points that scale with a value" },
] as const

export function ScoreBlock() {
  const { isReadOnly } = useEditing()
  const [scores = [], setScores] = usePlace<Score[]>(["conviction_scoring"])
  const names = scores.map((score) => score.name)
  return (
    <Stack gap="sm">
      {scores.length === 0 && (
        <Text size="sm" c="dimmed">
          No scores: all signals have the same conviction and are ranked by turnover.
        </Text>
      )}
      {scores.map((score, i) => (
        <ScoreRule
          key={i}
          path={["conviction_scoring", i]}
          score={score}
          onRemove={() => setScores(scores.filter((other) => other !== score))}
        />
      ))}
      {!isReadOnly && (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="default" leftSection={<Plus size={14} />} w="fit-content">
              Add score
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {KINDS.map(({ type, label }) => (
              <Menu.Item
                key={type}
                onClick={() => setScores([...scores, blankScore(type, freeName(names, "score"))])}
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Stack>
  )
}

function ScoreRule({ path, score, onRemove }: { path: Path; score: Score; onRemove: () => void }) {
  const { isReadOnly } = useEditing()
  const [, setName] = usePlace<string>([...path, "name"])
  const problem = useProblem([...path, "name"])
  return (
    <div className={classes.rule}>
      <div className={classes.ruleHead}>
        <TextInput
          size="xs"
          label="Name"
          value={score.name}
          onChange={(event) => setName(event.currentTarget.value)}
          readOnly={isReadOnly}
          error={problem}
        />
        {score.type !== "bands" && (
          <NumberField path={[...path, "points"]} label="Points" min={-100} max={100} />
        )}
        {score.type === "linear" && (
          <>
            <NumberField path={[...path, "from"]} label="From value" />
            <NumberField path={[...path, "to"]} label="Full points at" />
          </>
        )}
        {!isReadOnly && (
          <ActionIcon aria-label={`Remove score ${score.name}`} onClick={onRemove} ml="auto">
            <Trash2 size={15} />
          </ActionIcon>
        )}
      </div>
      {score.type === "condition" ? (
        <ConditionEditor path={[...path, "condition"]} scope="entry" label={`Score ${score.name}`} />
      ) : (
        <OperandEditor path={[...path, "input"]} scope="entry" label={`Score ${score.name}, value`} />
      )}
      {score.type === "bands" && <Bands path={[...path, "bands"]} />}
    </div>
  )
}

function Bands({ path }: { path: Path }) {
  const { isReadOnly } = useEditing()
  const [bands = [], setBands] = usePlace<object[]>(path)
  return (
    <Stack gap={6} mt={8}>
      {bands.map((band, i) => (
        <Group key={i} gap={8} align="flex-end">
          <NumberField path={[...path, i, "gte"]} label="From" off="open" />
          <NumberField path={[...path, i, "lt"]} label="Below" off="open" />
          <NumberField path={[...path, i, "points"]} label="Points" min={-100} max={100} />
          {!isReadOnly && bands.length > 1 && (
            <ActionIcon
              aria-label={`Remove band ${i + 1}`}
              onClick={() => setBands(bands.filter((one) => one !== band))}
              mb={2}
            >
              <Trash2 size={14} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!isReadOnly && (
        <Button
          variant="subtle"
          size="compact-xs"
          w="fit-content"
          leftSection={<Plus size={13} />}
          onClick={() => setBands([...bands, { gte: null, lt: null, points: 0 }])}
        >
          Add band
        </Button>
      )}
    </Stack>
  )
}
