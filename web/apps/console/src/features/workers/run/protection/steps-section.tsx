import { Text } from "@mantine/core"
import type { Column } from "@/components/column"
import { PlainTable } from "@/components/plain-table"
import { Section } from "@/components/section"
import type { Step } from "@/lib/queries/workers"
import { awayWords, levelWords, nameWords, thenWords } from "../../option-words"

const columns = (isOption: boolean): Column<Step>[] => [
  { id: "rule", header: "Rule", isText: true, value: (s) => s.rule, cell: nameWords },
  { id: "at", header: "Acts at", value: (s) => s.level ?? null, cell: levelWords },
  { id: "away", header: "Away", value: (s) => s.distance_pct ?? null, cell: awayWords },
  { id: "then", header: "Then", isText: true, value: () => null, cell: (s) => thenWords(s, isOption) },
]

interface Props {
  steps: readonly Step[]
  isOption?: boolean
  note: string
}

/** Everything the protection will do by itself, the nearest first: at what, how far, and what then. */
export function StepsSection({ steps, isOption = false, note }: Props) {
  return (
    <Section title="What it will do by itself" note={note} flush>
      {steps.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          Nothing is watched now: no rule is armed on anything that is held.
        </Text>
      ) : (
        <PlainTable
          label="What it will do by itself"
          rows={[...steps]}
          columns={columns(isOption)}
          rowKey={(s) => `${s.rule} ${s.instrument ?? ""}`}
          minWidth={620}
        />
      )}
    </Section>
  )
}
