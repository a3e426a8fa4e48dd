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

/** Everything the protection will do by itself, the nearest first: at what, how far, and what then. */
export function StepsSection({ steps, isOption = false, isOver, note }: Props) {
  return (
    <Section title="What it will do by itself" note={isOver ? undefined : note} flush>
      {steps.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          {isOver
            ? "The run is closed: nothing is watched any more."
            : "Nothing is watched now: no rule is armed on anything that is held."}
        </Text>
      ) : (
        <ol data-live className={classes.steps} aria-label="What it will do by itself">
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
