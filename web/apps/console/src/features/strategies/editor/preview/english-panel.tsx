import { Skeleton, Stack, Text } from "@mantine/core"
import { marketText } from "@tradertape/ui/format.ts"
import type { English } from "@/lib/queries/strategies"
import classes from "./preview.module.css"

interface Props {
  english: English | undefined
  isStale: boolean
}

/** The strategy in plain English; faded while it is out of date. */
export function EnglishPanel({ english, isStale }: Props) {
  if (!english) {
    return (
      <Stack gap={8}>
        <Skeleton height={12} />
        <Skeleton height={12} width="80%" />
        <Skeleton height={12} width="60%" />
      </Stack>
    )
  }
  return (
    <div className={classes.english} style={{ opacity: isStale ? 0.5 : 1, transition: "opacity 120ms" }}>
      <Text size="sm" fw={550} mb="sm">
        {marketText(english.summary)}
      </Text>
      {english.sections.map((section) => (
        <section key={section.title}>
          <h3>{section.title}</h3>
          {section.sentences.map((sentence) => (
            <p key={sentence}>{marketText(sentence)}</p>
          ))}
        </section>
      ))}
    </div>
  )
}
