import { Text } from "@mantine/core"
import { Section } from "@/components/page/section"
import type { Step } from "@/lib/queries/workers"
import { awayWords, levelWords, nameWords, thenWords } from "../../option-words"
import classes from "./steps.module.css"

interface Props {
  steps: readonly Step[]
  isOption?: boolean
  isOver: boolean
  note: string
}

/** The next actions of the protection, the closest first: level, distance and effect. */
export function StepsSection({ steps, isOption = false, isOver, note }: Props) {
  return (
    <Section title="Next actions" note={isOver ? undefined : note} flush>
      {steps.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          {isOver ? "The run is closed: protection is off." : "No rule is armed on an open position."}
        </Text>
      ) : (
        <ol data-live className={classes.steps} aria-label="Next actions">
          {steps.map((step) => (
            <li key={`${step.rule} ${step.instrument ?? ""}`}>
              <span className={classes.rule}>{nameWords(step)}</span>
              <span className={classes.level}>{levelWords(step)}</span>
              <span className={classes.then}>{thenWords(step, isOption)}</span>
              <span className={classes.away}>{awayWords(step)}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
